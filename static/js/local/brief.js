// @ts-check
/**
 * What a list shows of a record, kept beside it: reading five hundred observations with every level, comment and note
 * to show their names costs a slow tablet more than a second.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").RecordRow} RecordRow
 * @typedef {import("./view.js").RecordView} RecordView
 *
 * @typedef {object} BriefRow a record as the centre said it last, folded, without what only its own page shows
 * @property {string} record
 * @property {string} school
 * @property {Record<string, any>} fields
 * @property {string[]} conflicts
 * @property {string} changed_at
 * @property {string | null} mine
 *
 * @typedef {{version: number, code: string, title: Record<string, string>, about: Record<string, string>, area: string, count: number}} Outline
 */
import { conflicts, shown } from "../sync/record.js";
import { latest, overlay } from "./view.js";

/** By kind, the fields that only a record's own page shows. @type {Record<string, RegExp>} */
const LONG = { observation: /^(?:rating|comment|note)\.|^(?:strengths|growth)$/ };

/** @param {Shelves} shelf @param {RecordRow} row */
export async function putRecord(shelf, row) {
  await shelf("record").put(row);
  await shelf("brief").put(briefOf(row));
}

/** @param {Shelves} shelf @param {string} record */
export async function dropRecord(shelf, record) {
  await shelf("record").delete(record);
  await shelf("brief").delete(record);
}

/** @param {RecordRow} row @returns {BriefRow} */
export function briefOf(row) {
  const folded = overlay(row, []);
  return {
    record: row.record, school: row.school, fields: inBrief(row.record, shown(folded)), conflicts: conflicts(folded),
    changed_at: latest(folded), mine: row.mine,
  };
}

/** @param {RecordView} view @returns {RecordView} */
export function viewInBrief(view) {
  return { ...view, fields: inBrief(view.record, view.fields) };
}

/** What tells one frozen version of a rubric from another; a body of a later make must not keep the rest from coming in. @param {any} body @returns {Outline} */
function outline({ version, code, title, about, area, areas }) {
  const count = Array.isArray(areas) ? areas.reduce((sum, each) => sum + (each?.indicators?.length ?? 0), 0) : 0;
  return { version, code, title, about, area, count };
}

/** @param {string} record @param {Record<string, any>} fields @returns {Record<string, any>} */
function inBrief(record, fields) {
  const kind = record.slice(0, record.indexOf("/"));
  const long = LONG[kind];
  const kept = Object.entries(fields).filter(([name]) => !long?.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, kind === "rubric" && name.startsWith("version.") ? outline(value) : value]));
}
