// @ts-check
/**
 * A tablet without a screen: the product's own request and merging over records in memory, in the order in which
 * `static/js/exchange/round.js` goes: send what waits, read what is new, until neither is left.
 */
import { requestText, send } from "../../static/js/exchange/request.js";
import { encode } from "../../static/js/sync/change.js";
import { apply, shown } from "../../static/js/sync/record.js";

const PATIENCE_MS = 300_000;
const USUAL_PAGE = 200; // what the centre answers with when it is not asked for less
/** @typedef {{body: string, change: import("../../static/js/sync/change.js").Change}} Waiting */
/** @type {Map<string, Device>} */
const devices = new Map();

/** The first push of a device: all of `records`. */
export async function first_push({ url, place, size, page, records }, timed) {
  const device = new Device(place.devices[0], size, page);
  for (const [index, record] of records.slice(0, 1000).entries()) device.write(place, place.ids[index], record);
  devices.set(place.school, device);
  await timed(() => device.exchange(url));
  device.assertEmpty();
}

/** Another device of the same person reads everything. */
export async function first_pull({ url, place, page }, timed) {
  const device = new Device(place.devices[1], 1, page);
  await timed(() => device.readOn(url));
  if (device.observations() < 1000) throw new Error(`only ${device.observations()} records came`);
}

/** The answer was lost: the very batch again. */
export async function resend({ url, place }, timed) {
  const device = /** @type {Device} */ (devices.get(place.school));
  device.outbox = device.sent.splice(0);
  device.acknowledged = 0;
  await timed(() => device.exchange(url));
  device.assertEmpty();
}

export async function fill({ url, place, records }) {
  const device = new Device(place.devices[0], 1000, 500);
  for (const [index, id] of place.ids.entries()) device.write(place, id, records[index % records.length]);
  devices.set(place.school, device);
  await device.exchange(url);
  await device.readOn(url);
}

/** After a push, untimed: what else the centre has to say. */
export async function settle({ url, place }) {
  await devices.get(place.school)?.readOn(url);
}

/** One indicator is rated anew in ten records, with its comment. */
export async function change_ten({ url, place, changed }, timed) {
  const device = /** @type {Device} */ (devices.get(place.school));
  for (const { index, fields } of changed) device.write(place, place.ids[index], fields);
  await timed(() => device.exchange(url));
  device.assertEmpty();
}

export async function idle({ url, place }, timed) {
  const device = /** @type {Device} */ (devices.get(place.school));
  await timed(() => device.exchange(url));
}

/** Twenty people of one school come back into reach at the same moment, each with fifty records of her own. */
export async function twenty({ url, place, size, page, records }, timed) {
  const all = place.crowd.map((/** @type {any} */ pairing, /** @type {number} */ index) => {
    const device = new Device(pairing, size, page);
    for (let n = 0; n < 50; n += 1) {
      device.write({ ...place, person: pairing.person }, place.ids[index * 50 + n], records[index * 50 + n]);
    }
    return device;
  });
  await timed(async () => { await Promise.all(all.map((/** @type {Device} */ device) => device.exchange(url))); });
  for (const device of all) device.assertEmpty();
}

class Device {
  /** @param {{replica: string, token: string}} pairing @param {number} size changes in a request @param {number} page records in an answer */
  constructor(pairing, size, page) {
    this.pairing = pairing;
    this.size = size;
    this.page = page;
    this.n = 0;
    this.acknowledged = 0;
    /** @type {string | null} */ this.cursor = null;
    /** @type {Waiting[]} */ this.outbox = [];
    /** @type {Waiting[]} */ this.sent = [];
    /** @type {Map<string, Map<string, any>>} what the centre said, with what it acknowledged */ this.base = new Map();
    /** @type {Map<string, Map<string, any>>} the same with what waits laid over it */ this.records = new Map();
    /** @type {Map<string, Record<string, any>>} what pages show, computed when a record changes, as the product does */
    this.pages = new Map();
  }

  /** @param {any} place @param {string} id @param {Record<string, any>} fields */
  write(place, id, fields) {
    this.n += 1;
    const record = `observation/${id}`;
    const known = this.records.get(record);
    const set = "rubric" in fields ? { ...fields, observer: place.person, teacher: place.teacher } : fields;
    const seen = Object.fromEntries(
      Object.keys(set).map((name) => [name, known?.get(name)?.heads.map((/** @type {any} */ head) => head.id) ?? []])
        .filter(([, ids]) => ids.length > 0),
    );
    const change = {
      id: `${this.pairing.replica}.${this.n}`, school: place.school, record, by: place.person,
      at: new Date().toISOString(), set, seen,
    };
    this.outbox.push({ body: encode(change), change });
    this.fold(this.records, record, [change]);
  }

  /** Until everything is acknowledged; at least once. @param {string} url */
  async exchange(url) {
    do await this.ask(url); while (this.outbox.length > 0);
  }

  /** Until there is nothing more to read. @param {string} url */
  async readOn(url) {
    while ((await this.ask(url)).more);
  }

  /** One request. @param {string} url */
  async ask(url) {
    const bodies = this.outbox.slice(0, this.size).map(({ body }) => body);
    const isMore = this.outbox.length > bodies.length;
    const now = new Date().toISOString();
    const text = requestText({
      cursor: this.cursor, bodies, folds: bodies.length > 0, limit: this.page === USUAL_PAGE ? null : this.page,
      waiting: isMore ? this.outbox.length : null, since: isMore ? now : null, now: bodies.length ? now : null,
    });
    const fetcher = /** @type {typeof fetch} */ ((path, init) => fetch(`${url}${path}`, init));
    const outcome = await send(fetcher, this.pairing.token, text, PATIENCE_MS, Date.now);
    if (outcome.kind !== "answer") throw new Error(`the exchange came to ${JSON.stringify(outcome)}`);
    this.take(outcome.answer);
    return outcome.answer;
  }

  /** @param {import("../../static/js/exchange/request.js").Answer} answer */
  take(answer) {
    if (answer.held?.length) throw new Error(`held: ${JSON.stringify(answer.held[0])}`);
    const stored = answer.acks[this.pairing.replica] ?? 0;
    const gone = this.outbox.splice(0, Math.max(0, stored - this.acknowledged));
    this.sent.push(...gone);
    this.acknowledged = Math.max(stored, this.acknowledged);
    for (const { change } of gone) this.fold(this.base, change.record, [change]);
    for (const { record, heads = [] } of answer.records ?? []) this.records.set(record, this.fold(this.base, record, heads));
    this.cursor = answer.cursor ?? this.cursor;
  }

  /** @param {Map<string, Map<string, any>>} records @param {string} record @param {any[]} changes */
  fold(records, record, changes) {
    const folded = records.get(record) ?? new Map();
    for (const change of changes) {
      const names = Object.keys(change.set);
      if (!names.some((name) => folded.get(name)?.heads.some((/** @type {any} */ head) => head.id === change.id))) {
        apply(folded, change);
      }
    }
    records.set(record, folded);
    this.pages.set(record, shown(folded));
    return folded;
  }

  observations() {
    return [...this.records.keys()].filter((record) => record.startsWith("observation/")).length;
  }

  assertEmpty() {
    if (this.outbox.length > 0) throw new Error(`${this.outbox.length} changes were not acknowledged`);
  }
}
