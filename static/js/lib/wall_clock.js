// @ts-check
/**
 * What a clock on the wall of a school shows. Indonesia's zones have stood still since 1988, so for them this is a sum;
 * asking the browser for a time zone for the first time costs a slow tablet a quarter of a second.
 *
 * @typedef {{year: number, month: number, day: number, weekday: number, hour: number, minute: number}} WallClock months
 *   and weekdays from 0, weeks from Sunday
 */

/** Hours ahead of UTC. @type {Record<string, number>} */
export const STANDING_ZONES = { "Asia/Jakarta": 7, "Asia/Pontianak": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9, UTC: 0 };
const HOUR_MS = 3_600_000;

/** @type {Map<string, Intl.DateTimeFormat>} */
const asked = new Map();

/** A zone this browser does not know is taken for the device's own. @param {number} atMs @param {string} [zone] @returns {WallClock} */
export function wallClock(atMs, zone) {
  const hours = zone === undefined ? -new Date(atMs).getTimezoneOffset() / 60 : STANDING_ZONES[zone];
  return hours === undefined ? askBrowser(atMs, /** @type {string} */ (zone)) : shifted(atMs + hours * HOUR_MS);
}

/** @param {number} ms local time as if it were UTC @returns {WallClock} */
function shifted(ms) {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), weekday: date.getUTCDay(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(),
  };
}

/** @param {number} atMs @param {string} zone @returns {WallClock} */
function askBrowser(atMs, zone) {
  const format = asked.get(zone) ?? newFormat(zone);
  if (!format) return wallClock(atMs);
  asked.set(zone, format);
  const said = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  return shifted(Date.UTC(said.year, said.month - 1, said.day, said.hour, said.minute));
}

/** @param {string} zone @returns {Intl.DateTimeFormat | null} */
function newFormat(zone) {
  const shape = /** @type {const} */ ({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" });
  try {
    return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone: zone });
  } catch {
    return null;
  }
}
