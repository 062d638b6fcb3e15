// @ts-check
/**
 * What the centre answered, taken in: all of it in one transaction, or none of it.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").RecordRow} RecordRow
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {{id: string, reason: string, detail?: string}} HeldNotice
 * @typedef {{id: string, by: string, at: string, set: Record<string, any>}} FeedHead
 * @typedef {{record: string, school?: string, whole?: boolean, gone?: boolean, heads?: FeedHead[], cleared?: string[]}} FeedRecord
 * @typedef {object} Answer
 * @property {1} protocol
 * @property {Record<string, number>} acks
 * @property {Record<string, number>} [backed_up]
 * @property {HeldNotice[]} [held]
 * @property {FeedRecord[]} [records]
 * @property {string} [cursor]
 * @property {boolean} [more]
 */
import { replicaOf } from "../sync/change.js";
import { apply } from "../sync/record.js";
import { dropRecord, putRecord } from "./brief.js";
import { headsOf, overlay } from "./view.js";
import { upTo } from "./shelves.js";

export const TOUCHED = ["meta", "record", "brief", "outbox", "kept", "held"];

/**
 * @param {Shelves} shelf @param {Answer} answer
 * @param {string | null} askedFrom the cursor the request named: another tab may have read on since
 * @param {string} now @returns {Promise<string[]>} the records that changed
 */
export async function takeIn(shelf, answer, askedFrom, now) {
  const changed = new Set();
  const held = new Map((answer.held ?? []).map((notice) => [notice.id, notice]));
  const isOffering = (await shelf("meta").get("offering")) === true;
  const isCurrent = ((await shelf("meta").get("cursor")) ?? null) === askedFrom;
  for (const row of isCurrent ? await acknowledged(shelf, answer.acks) : []) {
    await putAway(shelf, row, held.get(row.change.id));
    changed.add(row.record);
  }
  await noteHeldLater(shelf, held);
  await forgetBackedUp(shelf, answer.backed_up ?? {});
  const isToBeRead = isCurrent && !(isOffering && await stillOffers(shelf));
  if (isToBeRead) for (const record of await readOn(shelf, answer)) changed.add(record);
  if ((await shelf("outbox").count()) === 0 && !isOffering) await shelf("meta").put(now, "arrivedAt");
  return [...changed];
}

/**
 * The sealed rows the centre now holds. An answer to an older question acknowledges nothing: what it was laid over is
 * no longer what stands here, and sent again, these change nothing.
 * @param {Shelves} shelf @param {Record<string, number>} acks @returns {Promise<OutboxRow[]>}
 */
async function acknowledged(shelf, acks) {
  const rows = [];
  for (const [replica, n] of Object.entries(acks)) rows.push(...await shelf("outbox").getAll(upTo(replica, n)));
  return rows.filter((row) => row.body !== null);
}

/** From the outbox to where acknowledged changes lie. @param {Shelves} shelf @param {OutboxRow} row @param {HeldNotice | undefined} notice */
async function putAway(shelf, row, notice) {
  const { replica, n, record, body, change } = row;
  await shelf("outbox").delete([replica, n, record]);
  await shelf("kept").put({ replica, n, record, body });
  if (notice) await hold(shelf, change, notice);
  else if (row.again) await shelf("held").delete(change.id);
  else await applyToBase(shelf, row);
}

/** @param {Shelves} shelf @param {import("../sync/change.js").Change} change @param {HeldNotice} notice */
async function hold(shelf, change, { reason, detail = "" }) {
  const { id, record, school, set, at } = change;
  const verdict = (await shelf("held").get(id))?.verdict ?? null;
  await shelf("held").put({ id, record, school, reason, detail, set, at, verdict });
}

/** @param {Shelves} shelf @param {OutboxRow} row */
async function applyToBase(shelf, row) {
  /** @type {RecordRow | undefined} */
  const base = await shelf("record").get(row.record);
  const folded = overlay(base, []);
  if (!Object.keys(row.change.set).some((name) => folded.get(name)?.heads.some((head) => head.id === row.change.id))) {
    apply(folded, row.change);
  }
  await putRecord(shelf, {
    record: row.record,
    school: base?.school || row.change.school,
    heads: headsOf(folded),
    read: base?.read ?? 0,
    mine: row.change.id,
  });
}

/** A verdict that changed after the acknowledgement. @param {Shelves} shelf @param {Map<string, HeldNotice>} held */
async function noteHeldLater(shelf, held) {
  for (const notice of held.values()) {
    if (await shelf("held").getKey(notice.id)) continue;
    const n = Number(notice.id.slice(notice.id.lastIndexOf(".") + 1));
    const kept = await shelf("kept").get([replicaOf(notice.id), n]);
    if (kept) await hold(shelf, JSON.parse(kept.body), notice);
  }
}

/** @param {Shelves} shelf @param {Record<string, number>} backedUp */
async function forgetBackedUp(shelf, backedUp) {
  if (Object.keys(backedUp).length === 0) return;
  for (const [replica, n] of Object.entries(backedUp)) {
    for (const { n: each } of await shelf("kept").getAll(upTo(replica, n))) await shelf("kept").delete([replica, each]);
  }
  await shelf("meta").put({ ...await shelf("meta").get("backedUp"), ...backedUp }, "backedUp");
}

/**
 * While we offer again what a restored centre lost, what it tells is not read yet. The answer to the last of it is: from
 * then on we stand in that centre's history, and notice when the next is of another. @param {Shelves} shelf
 */
async function stillOffers(shelf) {
  const isOffering = (await shelf("outbox").getAll()).some((row) => row.again);
  if (!isOffering) await shelf("meta").delete("offering");
  return isOffering;
}

/** @param {Shelves} shelf @param {Answer} answer @returns {Promise<string[]>} */
async function readOn(shelf, answer) {
  const reading = (await shelf("meta").get("reading")) ?? 0;
  const isAnythingHeld = (await shelf("held").count()) > 0;
  const changed = [];
  for (const told of answer.records ?? []) {
    const news = groupHeads(told);
    await (told.gone ? dropRecord(shelf, told.record) : replaceHeads(shelf, told, news, reading));
    if (isAnythingHeld) await settleHeld(shelf, told, news);
    changed.push(told.record);
  }
  if (answer.cursor !== undefined) await shelf("meta").put(answer.cursor, "cursor");
  if (!answer.more) changed.push(...await endReading(shelf, reading));
  return changed;
}

/** @param {FeedRecord} told @returns {RecordRow["heads"]} */
function groupHeads(told) {
  /** @type {Map<string, RecordRow["heads"][string]>} */
  const news = new Map();
  for (const { id, by, at, set } of told.heads ?? []) {
    for (const [name, value] of Object.entries(set)) news.set(name, [...news.get(name) ?? [], { id, by, at, value }]);
  }
  return Object.fromEntries(news);
}

/** @param {Shelves} shelf @param {FeedRecord} told @param {RecordRow["heads"]} news @param {number} reading */
async function replaceHeads(shelf, told, news, reading) {
  /** @type {RecordRow | undefined} */
  const base = await shelf("record").get(told.record);
  const heads = told.whole ? news : { ...base?.heads, ...news };
  for (const name of told.cleared ?? []) delete heads[name];
  await putRecord(shelf, {
    record: told.record,
    school: told.school || base?.school || "",
    heads,
    read: reading,
    mine: base?.mine ?? null,
  });
}

/** Held changes that were released are heads now; those set aside are told by a decision. @param {Shelves} shelf
 * @param {FeedRecord} told @param {RecordRow["heads"]} news */
async function settleHeld(shelf, told, news) {
  for (const { id } of told.heads ?? []) await shelf("held").delete(id);
  if (!told.record.startsWith("decision/")) return;
  const held = await shelf("held").get(news.change?.[0]?.value ?? "");
  if (held) await shelf("held").put({ ...held, verdict: news.verdict?.[0]?.value ?? held.verdict });
}

/** The whole reading is done: what it did not list is gone. @param {Shelves} shelf @param {number} reading */
async function endReading(shelf, reading) {
  await shelf("meta").put(true, "firstPullComplete");
  if (reading === 0 || (await shelf("meta").get("readingDone")) === reading) return [];
  await shelf("meta").put(reading, "readingDone");
  const dropped = [];
  for (const row of await shelf("record").getAll()) {
    if (row.read === reading || await shelf("outbox").index("record").count(row.record)) continue;
    await dropRecord(shelf, row.record);
    dropped.push(row.record);
  }
  return dropped;
}
