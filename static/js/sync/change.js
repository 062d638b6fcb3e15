// @ts-check
/**
 * A change: which fields of one record were set, by whom, on which replica, having seen what.
 *
 * @typedef {object} Change
 * @property {string} id `<replica>.<n>`
 * @property {string} school
 * @property {string} record `<kind>/<uuid>`
 * @property {string} by
 * @property {string} at the device's clock, for people to read
 * @property {Record<string, any>} set
 * @property {Record<string, string[]>} [seen]
 */
import { utf8Length } from "../lib/bytes.js";

const MAX_CHANGE_BYTES = 256 * 1024;
const ROOM = 16 * 1024; // for the ids that `seen` gains when a change is issued again
const MAX_FIELDS = 512;
const MAX_NAME = 128;
const MAX_DEPTH = 16;
const MAX_WHOLE = 1e15;
const FIELD = /^[a-z_]+(\.[A-Za-z0-9_-]+)*$/;
const RECORD = /^[a-z_]+\/[A-Za-z0-9-]{1,64}$/;

/** A change that no replica could take: the page asked for something the protocol has no place for. */
export class ChangeRefused extends Error {
  /** @param {"name" | "record" | "value" | "too-large"} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "ChangeRefused";
    this.code = code;
  }
}

/** The change as it travels, for ever the same text once it was offered. @param {Change} change @returns {string} */
export function encode(change) {
  const { id, school, record, by, at, set, seen } = change;
  return JSON.stringify(seen && Object.keys(seen).length ? { id, school, record, by, at, set, seen } : { id, school, record, by, at, set });
}

/** The number in a change id. @param {string} id @returns {number} */
export function numberOf(id) {
  return Number(id.slice(id.lastIndexOf(".") + 1));
}

/** The replica in a change id. @param {string} id @returns {string} */
export function replicaOf(id) {
  return id.slice(0, id.lastIndexOf("."));
}

/** Whether the change may still travel. @param {Change} change @returns {boolean} */
export function fits(change) {
  return Object.keys(change.set).length <= MAX_FIELDS && utf8Length(encode(change)) <= MAX_CHANGE_BYTES - ROOM;
}

/**
 * What a person typed, made fit for every replica: halves of characters and NUL go, numbers must be numbers.
 * @param {string} record @param {Record<string, any>} set @returns {Record<string, any>}
 */
export function tidy(record, set) {
  if (!RECORD.test(record)) throw new ChangeRefused("record", `not a record: ${record}`);
  return Object.fromEntries(Object.entries(set).map(([name, value]) => {
    if (name.length > MAX_NAME || !FIELD.test(name)) throw new ChangeRefused("name", `not a field name: ${name}`);
    return [name, tidyValue(name, value, 0)];
  }));
}

/** @param {string} name @param {any} value @param {number} depth @returns {any} */
function tidyValue(name, value, depth) {
  if (depth > MAX_DEPTH) throw new ChangeRefused("value", `${name} is nested too deeply`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number") return tidyNumber(name, value);
  if (Array.isArray(value)) return value.map((item) => tidyValue(name, item, depth + 1));
  if (typeof value === "object" && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [wellFormed(key), tidyValue(name, item, depth + 1)]),
    );
  }
  throw new ChangeRefused("value", `${name} holds something JSON cannot carry`);
}

/** @param {string} name @param {number} value @returns {number} */
function tidyNumber(name, value) {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) >= MAX_WHOLE)) {
    throw new ChangeRefused("value", `${name} holds a number no other replica could read`);
  }
  return Object.is(value, -0) ? 0 : value;
}

/** @param {object} value @returns {boolean} */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A lone surrogate is what `maxlength` leaves of an emoji; servers refuse it. @param {string} text @returns {string} */
function wellFormed(text) {
  return text
    .replaceAll("\u0000", "")
    .replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, (found) => (found.length === 2 ? found : "\uFFFD"));
}
