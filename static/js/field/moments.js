// @ts-check
/** Times as a person reads them, in the page's language and the school's time zone. */
import { language } from "./words.js";

/** Making one costs a slow tablet some milliseconds, and the clock asks every second. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string | undefined} zone @param {Intl.DateTimeFormatOptions} shape @returns {Intl.DateTimeFormat} */
function format(zone, shape) {
  const key = JSON.stringify([language(), zone, shape]);
  const made = formats.get(key) ?? newFormat(zone, shape);
  formats.set(key, made);
  return made;
}

/** @param {string | undefined} zone @param {Intl.DateTimeFormatOptions} shape */
function newFormat(zone, shape) {
  const locale = language() === "en" ? "en-GB" : "id-ID";
  try {
    return new Intl.DateTimeFormat(locale, { ...shape, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(locale, shape); // a zone this browser does not know: the tablet's own
  }
}

/** 10.42 @param {string | number} at @param {string} [zone] */
export function timeOfDay(at, zone) {
  return format(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** Senin, 23 November 2026 @param {string | number} at @param {string} [zone] */
export function longDay(at, zone) {
  return format(zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(new Date(at));
}

/** Sen, 23 Nov @param {string | number} at @param {string} [zone] */
export function shortDay(at, zone) {
  return format(zone, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at));
}

/** The time alone today; the weekday within a week; else the day. @param {string | number} at @param {string} [zone] @param {number} [nowMs] */
export function sinceWhen(at, zone, nowMs = Date.now()) {
  const then = new Date(at);
  const day = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" });
  if (day.format(then) === day.format(nowMs)) return timeOfDay(at, zone);
  const isThisWeek = Math.abs(nowMs - then.getTime()) < 6 * 86_400_000;
  return isThisWeek ? format(zone, { weekday: "long" }).format(then) : format(zone, { day: "numeric", month: "long" }).format(then);
}

const SPANS = /** @type {const} */ ([["year", 365], ["month", 30], ["week", 7], ["day", 1]]);

/** 3 bulan yang lalu @param {string | number} at @param {number} [nowMs] @returns {string} */
export function sinceWords(at, nowMs = Date.now()) {
  const days = Math.floor((nowMs - new Date(at).getTime()) / 86_400_000);
  const [span, length] = SPANS.find(([, least]) => days >= 2 * least) ?? SPANS[3];
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(-Math.floor(days / length), span);
}
