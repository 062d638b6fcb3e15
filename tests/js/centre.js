// @ts-check
/**
 * A small centre in memory that speaks the protocol: the log, the fold, verdicts, the feed of heads, gap, fork and
 * reset. It stands for the real one where a thousand exchanges have to happen in a second.
 *
 * @typedef {import("../../static/js/sync/change.js").Change} Change
 * @typedef {{change: Change, body: string, reason: string | null}} Row
 */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { numberOf, replicaOf } from "../../static/js/sync/change.js";
import { fold } from "../../static/js/sync/record.js";

export class Centre {
  /** @type {Row[]} */ log = [];
  /** @type {Map<string, {replica: string, person: string, isRevoked: boolean}>} */ tokens = new Map();
  /** @type {(change: Change) => string | null} why a change is held */ verdict = () => null;
  /** @type {(person: string, record: string) => boolean} */ maySee = () => true;
  /** @type {Record<string, number>} */ backedUp = {};
  /** @type {Map<string, string>} whose each replica is */ owners = new Map();
  takesEarlier = true;
  epoch = "e1";
  requests = 0;
  largestBatch = 1000;
  acksAll = false; // before an answer went no further than its request
  isOlder = false; // before devices could ask to be spared what they know
  nowMs = Date.now;
  /** @type {string[][]} the change ids of every request */ received = [];

  /** @param {string} replica @param {string} person */
  pair(replica, person) {
    const pairing = { replica, token: `token-${replica}`, person, name: person, schools: [{ id: "s1", name: "S", time_zone: "Asia/Jakarta", roles: ["observer"] }] };
    this.tokens.set(pairing.token, { replica, person, isRevoked: false });
    this.owners.set(replica, person);
    return pairing;
  }

  /** @type {typeof fetch} */
  fetch = async (_address, init) => {
    this.requests += 1;
    const headers = /** @type {Record<string, string>} */ (init?.headers);
    const device = this.tokens.get(headers.Authorization.slice("Bearer ".length));
    if (!device) return this.problem(401, "token-unknown");
    const asked = JSON.parse(await textOf(init?.body, headers["Content-Encoding"]));
    const bodies = splitChanges(asked);
    if (device.isRevoked && bodies.length === 0) return this.problem(403, "revoked");
    if (bodies.length > this.largestBatch) return this.problem(413, "too-large");
    this.received.push(bodies.map(({ change }) => change.id));
    const replica = bodies.length ? replicaOf(bodies[0].change.id) : device.replica;
    if (bodies.some(({ change }) => replicaOf(change.id) !== replica) || !this.#mayOffer(device, replica)) return this.problem(400, "not-this-protocol");
    const before = this.log.length;
    const refused = this.#takeIn({ ...device, replica }, bodies);
    if (refused) return refused;
    if (asked.cursor && !this.#knows(asked.cursor)) return this.problem(410, "reset");
    const own = asked.folds && !this.isOlder ? new Set(this.log.slice(before)) : new Set();
    return this.#answer(device, bodies, asked, own);
  };

  /** Changes numbered by an earlier name of this person's, or by one never heard of. @param {{replica: string, person: string}} device @param {string} replica */
  #mayOffer(device, replica) {
    if (!this.takesEarlier && replica !== device.replica) return false;
    const owner = [...this.owners].find(([name]) => name === replica)?.[1];
    if (owner === undefined) this.owners.set(replica, device.person);
    return owner === undefined || owner === device.person;
  }

  /** @param {{replica: string, person: string, isRevoked: boolean}} device @param {{change: Change, body: string}[]} sent */
  #takeIn(device, sent) {
    const fresh = [];
    let stored = this.#storedN(device.replica);
    for (const { change, body } of sent) {
      const known = this.log.find((row) => row.change.id === change.id) ?? fresh.find((row) => row.change.id === change.id);
      if (known && known.body !== body) return this.problem(409, "fork");
      if (known) continue;
      if (numberOf(change.id) !== stored + 1) return this.problem(409, "gap", { expected: stored + 1, replica: device.replica });
      stored += 1;
      const reason = device.isRevoked ? "revoked" : change.by !== device.person ? "not-allowed" : this.verdict(change);
      fresh.push({ change, body, reason });
    }
    this.log.push(...fresh);
    return null;
  }

  /** @param {string} replica */
  #storedN(replica) {
    return Math.max(0, ...this.log.filter(({ change }) => replicaOf(change.id) === replica).map(({ change }) => numberOf(change.id)));
  }

  /** @param {string} cursor */
  #knows(cursor) {
    const { epoch, seq, chain } = JSON.parse(cursor);
    return epoch === this.epoch && chain === this.#chainAt(seq);
  }

  /** @param {number} seq */
  #chainAt(seq) {
    return seq > this.log.length ? "" : createHash("sha256").update(this.log.slice(0, seq).map((row) => row.body).join()).digest("hex");
  }

  /** @param {{replica: string, person: string}} device @param {{change: Change}[]} sent @param {any} asked @param {Set<Row>} own */
  #answer(device, sent, asked, own) {
    const since = asked.cursor ? JSON.parse(asked.cursor).seq : 0;
    const { records, seq } = this.#feed(device.person, since, asked.limit ?? 200, own);
    const ids = new Set(sent.map(({ change }) => change.id));
    const held = this.log.filter(({ change, reason }) => reason && ids.has(change.id)).map(({ change, reason }) => ({ id: change.id, reason, detail: "" }));
    const cursor = JSON.stringify({ epoch: this.epoch, seq, chain: this.#chainAt(seq) });
    const acks = this.#acks(device.replica, sent);
    const hidden = new Set(sent.map(({ change }) => change.record).filter((record) => !this.maySee(device.person, record)));
    for (const record of hidden) records.push({ record, gone: true });
    const isBehind = sent.some(({ change }) => (acks[replicaOf(change.id)] ?? 0) < this.#storedN(replicaOf(change.id)));
    if (isBehind) return this.say(200, { protocol: 1, acks, backed_up: this.backedUp, held, more: true }); // what later ones did is not told yet
    const told = { backed_up: this.backedUp, held, records, cursor, more: seq < this.log.length };
    if (!asked.terse || this.isOlder) return this.say(200, { protocol: 1, acks, ...told });
    const isSaid = (/** @type {[string, any]} */ [name, value]) => (name === "cursor" ? value !== asked.cursor : Object.keys(value).length > 0 || value === true);
    return this.say(200, { protocol: 1, acks, ...Object.fromEntries(Object.entries(told).filter(isSaid)) });
  }

  /** Of the replica a request brings changes of no more than those. @param {string} own @param {{change: Change}[]} sent @returns {Record<string, number>} */
  #acks(own, sent) {
    if (sent.length === 0 || this.acksAll) {
      return Object.fromEntries([own, ...sent.map(({ change }) => replicaOf(change.id))].map((replica) => [replica, this.#storedN(replica)]));
    }
    return { [replicaOf(sent[0].change.id)]: Math.max(...sent.map(({ change }) => numberOf(change.id))) };
  }

  /**
   * @param {string} person @param {number} since @param {number} limit @param {Set<Row>} own
   * @returns {{records: import("../../static/js/local/answer.js").FeedRecord[], seq: number}}
   */
  #feed(person, since, limit, own) {
    /** @type {Map<string, Set<string>>} */
    const touched = new Map();
    let seq = since;
    for (; seq < this.log.length; seq++) {
      const { change, reason } = this.log[seq];
      if (reason) continue;
      if (!touched.has(change.record) && touched.size === limit) break;
      touched.set(change.record, new Set([...touched.get(change.record) ?? [], ...Object.keys(change.set)]));
    }
    const knows = (/** @type {string} */ record) => this.log.slice(since).every((row) => row.change.record !== record || row.reason !== null || own.has(row));
    const records = [...touched].filter(([record]) => this.maySee(person, record) && !knows(record)).map(([record, names]) => this.#entry(record, names, since));
    return { records, seq };
  }

  /** @param {string} record @param {Set<string>} names @param {number} since */
  #entry(record, names, since) {
    const changes = this.accepted(record);
    const whole = !this.log.slice(0, since).some((row) => row.change.record === record && !row.reason);
    /** @type {Map<string, any>} */
    const heads = new Map();
    for (const [name, field] of fold(changes)) {
      if (!whole && !names.has(name)) continue;
      for (const { id, by, at, value } of field.heads) {
        if (!heads.has(id)) heads.set(id, { id, by, at, set: {} });
        heads.set(id, { ...heads.get(id), set: { ...heads.get(id).set, [name]: value } });
      }
    }
    return { record, school: changes[0].school, whole, heads: [...heads.values()] };
  }

  /** @param {string} record */
  accepted(record) {
    return this.log.filter((row) => row.change.record === record && !row.reason).map((row) => row.change);
  }

  /** @param {string} record @returns {Record<string, string[]>} */
  headIds(record) {
    return Object.fromEntries(Array.from(fold(this.accepted(record)), ([name, field]) => [name, field.heads.map((head) => head.id)]));
  }

  /** What a backup of now would bring back. */
  backup() {
    const log = [...this.log];
    const [tokens, owners] = [new Map(this.tokens), new Map(this.owners)];
    return () => {
      this.owners = new Map(owners);
      this.log = [...log];
      this.tokens = new Map(tokens);
      this.epoch = `${this.epoch}r`;
    };
  }

  /** @param {number} status @param {string} type @param {object} [more] */
  problem(status, type, more = {}) {
    return this.say(status, { type: `urn:observe:${type}`, title: type, status, detail: type, ...more });
  }

  /** @param {number} status @param {any} value */
  say(status, value) {
    return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json", Date: new Date(this.nowMs()).toUTCString() } });
  }
}

/** @param {any} body @param {string | undefined} encoding @returns {Promise<string>} */
async function textOf(body, encoding) {
  if (typeof body === "string") return body;
  const bytes = Buffer.from(await body.arrayBuffer());
  return (encoding === "gzip" ? gunzipSync(bytes) : bytes).toString();
}

/** @param {any} asked @returns {{change: Change, body: string}[]} */
function splitChanges(asked) {
  return (asked.changes ?? []).map((/** @type {Change} */ change) => ({ change, body: JSON.stringify(change) }));
}
