// @ts-check
/**
 * A record as this device shows it: what the centre said last, with our own unacknowledged changes laid over it.
 *
 * @typedef {import("./shelves.js").RecordRow} RecordRow
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").HeldRow} HeldRow
 * @typedef {import("../sync/record.js").Folded} Folded
 * @typedef {import("../sync/record.js").Head} Head
 *
 * @typedef {object} RecordView
 * @property {string} record
 * @property {string} school
 * @property {Record<string, any>} fields the value on display of every field that has one
 * @property {string[]} conflicts fields on which people differ
 * @property {Record<string, Head[]>} choices for each of those, every answer with who and when; a list has none
 * @property {"tablet" | "centre" | "backed-up"} whereabouts
 * @property {HeldRow[]} held changes of ours the centre did not apply
 * @property {string} changed_at the latest `at` among what is shown
 */
import { numberOf, replicaOf } from "../sync/change.js";
import { apply, conflicts, shown } from "../sync/record.js";

/** The record on this device, folded. @param {RecordRow | undefined} row @param {OutboxRow[]} waiting @returns {Folded} */
export function overlay(row, waiting) {
  /** @type {Folded} */
  const folded = new Map();
  for (const [name, heads] of Object.entries(row?.heads ?? {})) folded.set(name, { heads: [...heads], replaced: new Set() });
  for (const each of waiting) if (!each.again && !holds(folded, each.change)) apply(folded, each.change);
  return folded;
}

/** The heads of every field that has any, ready to be stored. @param {Folded} folded @returns {Record<string, Head[]>} */
export function headsOf(folded) {
  return Object.fromEntries(Array.from(folded, ([name, field]) => [name, field.heads]).filter(([, heads]) => heads.length));
}

/**
 * @param {string} record @param {RecordRow | undefined} row @param {OutboxRow[]} waiting @param {HeldRow[]} held
 * @param {Record<string, number>} backedUp @returns {RecordView}
 */
export function view(record, row, waiting, held, backedUp) {
  const folded = overlay(row, waiting);
  const undecided = conflicts(folded);
  return {
    record,
    school: row?.school || waiting[0]?.change.school || "",
    fields: shown(folded),
    conflicts: undecided,
    choices: Object.fromEntries(undecided.map((name) => [name, folded.get(name)?.heads ?? []])),
    whereabouts: waiting.length ? "tablet" : isBackedUp(row?.mine, backedUp) ? "backed-up" : "centre",
    held,
    changed_at: latest(folded),
  };
}

/** @param {Folded} folded @param {import("../sync/change.js").Change} change */
function holds(folded, change) {
  return Object.keys(change.set).some((name) => folded.get(name)?.heads.some((head) => head.id === change.id));
}

/** @param {string | null | undefined} mine the last acknowledged change of this device in a record @param {Record<string, number>} backedUp */
export function isBackedUp(mine, backedUp) {
  return Boolean(mine) && numberOf(/** @type {string} */ (mine)) <= (backedUp[replicaOf(/** @type {string} */ (mine))] ?? 0);
}

/** @param {Folded} folded @returns {string} */
export function latest(folded) {
  let at = "";
  for (const { heads } of folded.values()) for (const head of heads) if (head.at > at) at = head.at;
  return at;
}
