// @ts-check
/**
 * One person's records on this device. `open` gives the store; everything else on the device goes through it.
 *
 * @typedef {import("./view.js").RecordView} RecordView
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").HeldRow} HeldRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 * @typedef {import("./answer.js").Answer} Answer
 * @typedef {{school: string, record: string, set: Record<string, any>, upon?: Record<string, any[]>}} Edit `upon`: for an
 *   edit that comes late, the values each field may have had when it was written
 * @typedef {{changes: number, records: number, since: string | null}} Waiting
 * @typedef {"fork" | "signed-out" | "revoked"} Standing why the centre no longer knows this device
 * @typedef {ReturnType<typeof open>} Store
 */
import { utc } from "../lib/time.js";
import { tidy } from "../sync/change.js";
import { TOUCHED, takeIn } from "./answer.js";
import { blobsOn, countWaiting, offerBlobsAgain } from "./blobs.js";
import { asFile, bundleText } from "./bundle.js";
import { channel } from "./channel.js";
import { edits } from "./edits.js";
import { DeviceError } from "./errors.js";
import { sealAll, sealBatch, summary } from "./outbox.js";
import { changeName, goBackTo, offerAgain, reissue } from "./reset.js";
import { ofKind, personDatabase } from "./shelves.js";
import { viewInBrief } from "./brief.js";
import { isBackedUp, view } from "./view.js";

/** @param {string} person @param {{nowMs?: () => number}} [clock] */
export function open(person, { nowMs = Date.now } = {}) {
  const base = personDatabase(person);
  const mine = edits(base, nowMs);
  const tabs = channel(person);
  const blobs = blobsOn(base, (records) => tabs.tell(records), nowMs);

  /** @param {string} record @returns {Promise<RecordView>} */
  async function read(record) {
    return base.read(["record", "outbox", "held", "meta"], async (shelf) => view(
      record,
      await shelf("record").get(record),
      await shelf("outbox").index("record").getAll(record),
      await shelf("held").index("record").getAll(record),
      (await shelf("meta").get("backedUp")) ?? {},
    ));
  }

  /** Every record of one kind in brief, in order of its id. @param {string} kind @returns {Promise<RecordView[]>} */
  async function list(kind) {
    return (await lists([kind]))[0];
  }

  /** The lists of several kinds, as they were at one moment. @param {string[]} kinds @returns {Promise<RecordView[][]>} */
  async function lists(kinds) {
    return base.read(["record", "brief", "outbox", "held", "meta"], async (shelf) => {
      const [outbox, held, backedUp] = await Promise.all([shelf("outbox").getAll(), shelf("held").getAll(), shelf("meta").get("backedUp")]);
      const own = { waiting: byRecord(outbox), held: byRecord(held), backedUp: backedUp ?? {} };
      return Promise.all(kinds.map((kind) => listed(shelf, kind, own)));
    });
  }

  /**
   * Keep an edit. Resolves when it is on the disk, and not before; rejects with a DeviceError when it is not. A late edit
   * replaces only what it was written upon; where something else stands by now, both stand, for a person to choose.
   * @param {Edit} edit @returns {Promise<void>}
   */
  async function keep({ school, record, set, upon }) {
    const isNew = await mine.keep({ school, record, set: tidy(record, set), at: utc(nowMs()) }, upon);
    if (isNew) tabs.tell([record]);
  }

  /** @returns {Promise<Waiting>} */
  async function waiting() {
    return base.read(["outbox"], summary);
  }

  /** Changes of ours the centre keeps but does not apply. @returns {Promise<HeldRow[]>} */
  async function held() {
    return base.read(["held"], (shelf) => shelf("held").getAll());
  }

  /** Everything not known to be safe elsewhere, as one file. @returns {Promise<File>} */
  async function saveToFile() {
    const text = await mine.write(["meta", "outbox", "kept"], async (shelf) => {
      const pairing = await shelf("meta").get("pairing");
      if (!pairing) throw new DeviceError("unpaired");
      const sealed = await sealAll(shelf);
      const earlier = (await shelf("meta").get("earlier")) ?? [];
      return { pairing, lines: bundleText(pairing, await shelf("kept").getAll(), sealed, earlier, utc(nowMs())) };
    });
    return asFile(text.lines, text.pairing, nowMs());
  }

  /** One stored fact: "pairing", "arrivedAt", "firstPullComplete", ... @param {string} name @returns {Promise<any>} */
  async function meta(name) {
    return base.read(["meta"], (shelf) => shelf("meta").get(name));
  }

  /** Several of them, in one look. @param {string[]} names @returns {Promise<Record<string, any>>} */
  async function facts(names) {
    const values = await base.read(["meta"], (shelf) => Promise.all(names.map((name) => shelf("meta").get(name))));
    return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  }

  /** @param {Record<string, any>} facts undefined or null forgets one */
  async function setMeta(facts) {
    await mine.write(["meta"], async (shelf) => {
      for (const [name, value] of Object.entries(facts)) {
        await ((value ?? null) === null ? shelf("meta").delete(name) : shelf("meta").put(value, name));
      }
    });
    tabs.tell(null);
  }

  /** Everything the state line tells, in one look. */
  async function standing() {
    return base.read(["meta", "outbox", "kept", "held", "blob"], async (shelf) => {
      const facts = ["pairing", "n", "cursor", "offering", "standing", "arrivedAt", "firstPullComplete", "clockOffsetMinutes"];
      const values = await Promise.all(facts.map((name) => shelf("meta").get(name)));
      const known = Object.fromEntries(facts.map((name, index) => [name, values[index] ?? null]));
      return {
        pairing: /** @type {Pairing | null} */ (known.pairing),
        n: /** @type {number} */ (known.n ?? 0),
        cursor: /** @type {string | null} */ (known.cursor),
        isOffering: known.offering === true,
        standing: /** @type {Standing | null} */ (known.standing),
        arrivedAt: /** @type {string | null} */ (known.arrivedAt),
        firstPullComplete: known.firstPullComplete === true,
        clockOffsetMinutes: /** @type {number | null} */ (known.clockOffsetMinutes),
        waiting: await summary(shelf),
        heldCount: (await shelf("held").getAll()).filter((row) => row.verdict === null).length,
        notBackedUp: await shelf("kept").count(),
        photos: await countWaiting(shelf),
      };
    });
  }

  /** Seal what the next request carries. @param {{changes: number, bytes: number}} limit @returns {Promise<OutboxRow[]>} */
  async function seal(limit) {
    return mine.write(["outbox", "meta"], (shelf) => sealBatch(shelf, limit));
  }

  /** Take in what the centre answered to a request from `cursor`. @param {Answer} answer @param {string | null} cursor */
  async function take(answer, cursor) {
    const changed = await mine.write(TOUCHED, (shelf) => takeIn(shelf, answer, cursor, utc(nowMs())));
    tabs.tell(changed);
  }

  /** The centre lost its history (410): offer everything again, then read from the start. */
  async function startOver() {
    await mine.write(["meta", "outbox", "kept", "blob"], async (shelf) => {
      await offerAgain(shelf, utc(nowMs()));
      await offerBlobsAgain(shelf);
    });
    tabs.tell(null);
  }

  /** The centre lacks number `n` (409 gap). @param {string} replica @param {number} n */
  async function rewind(replica, n) {
    return mine.write(["outbox", "kept"], (shelf) => goBackTo(shelf, replica, n, utc(nowMs())));
  }

  /** What waits under an earlier name of this device goes on under its present one. @param {string} earlier @param {boolean} hasTwins */
  async function giveUpName(earlier, hasTwins) {
    await mine.write(["meta", "outbox"], (shelf) => reissue(shelf, earlier, hasTwins));
  }

  /** Go on under this pairing, with all that waits. @param {Pairing} pairing */
  async function adopt(pairing) {
    await mine.write(["meta", "outbox", "kept"], async (shelf) => {
      const before = await shelf("meta").get("pairing");
      const isFork = (await shelf("meta").get("standing")) === "fork";
      if (before && before.replica !== pairing.replica) await changeName(shelf, before.replica, pairing, isFork, utc(nowMs()));
      await shelf("meta").put(pairing, "pairing");
      await shelf("meta").delete("standing");
    });
    tabs.tell(null);
  }

  function close() {
    tabs.close();
    base.close();
  }

  return {
    person, blobs, read, list, lists, keep, waiting, held, saveToFile, meta, facts, setMeta, standing,
    seal, take, startOver, rewind, giveUpName, adopt, onChange: tabs.listen, look: base.read, close,
  };
}

/**
 * One kind's records in brief; where changes of ours wait, the record itself is folded with them.
 * @param {import("./database.js").Shelves} shelf @param {string} kind
 * @param {{waiting: Map<string, OutboxRow[]>, held: Map<string, HeldRow[]>, backedUp: Record<string, number>}} own
 * @returns {Promise<RecordView[]>}
 */
async function listed(shelf, kind, { waiting, held, backedUp }) {
  /** @type {Map<string, import("./brief.js").BriefRow>} */
  const briefs = new Map((await shelf("brief").getAll(ofKind(kind))).map((row) => [row.record, row]));
  const keys = new Set([...briefs.keys(), ...[...waiting.keys(), ...held.keys()].filter((key) => key.startsWith(`${kind}/`))]);
  return Promise.all([...keys].sort().map(async (key) => {
    const brief = briefs.get(key);
    const mine = held.get(key) ?? [];
    if (!brief || waiting.has(key)) return viewInBrief(view(key, await shelf("record").get(key), waiting.get(key) ?? [], mine, backedUp));
    const { record, school, fields, conflicts, changed_at } = brief;
    return { record, school, fields, conflicts, choices: {}, whereabouts: isBackedUp(brief.mine, backedUp) ? "backed-up" : "centre", held: mine, changed_at };
  }));
}

/** @template {{record: string}} Row @param {Row[]} rows @returns {Map<string, Row[]>} */
function byRecord(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.record, [...(found.get(row.record) ?? []), row]);
  return found;
}
