// @ts-check
/** Times as a person reads them, in the page's language and the school's time zone. */
import { wallClock } from "../lib/wall_clock.js";
import { language } from "./words.js";

const NAMES = {
  id: {
    weekdays: ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"],
    months: ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"],
    shortMonths: ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
    afterShortWeekday: ", ",
    hours: ".",
  },
  en: {
    weekdays: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    shortMonths: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
    afterShortWeekday: " ",
    hours: ":",
  },
};

/** 10.42 @param {string | number} at @param {string} [zone] */
export function timeOfDay(at, zone) {
  const { hour, minute } = clockAt(at, zone);
  return `${twoDigits(hour)}${names().hours}${twoDigits(minute)}`;
}

/** Senin, 23 November 2026 @param {string | number} at @param {string} [zone] */
export function longDay(at, zone) {
  const { weekday, year } = clockAt(at, zone);
  return `${names().weekdays[weekday]}, ${dayAndMonth(at, zone)} ${year}`;
}

/** Sen, 23 Nov @param {string | number} at @param {string} [zone] */
export function shortDay(at, zone) {
  const { weekday, day, month } = clockAt(at, zone);
  return `${names().weekdays[weekday].slice(0, 3)}${names().afterShortWeekday}${day} ${names().shortMonths[month]}`;
}

/** The time alone today; the weekday within a week; else the day. @param {string | number} at @param {string} [zone] @param {number} [nowMs] */
export function sinceWhen(at, zone, nowMs = Date.now()) {
  const then = clockAt(at, zone);
  const now = clockAt(nowMs, zone);
  if (then.year === now.year && then.month === now.month && then.day === now.day) return timeOfDay(at, zone);
  const isThisWeek = Math.abs(nowMs - new Date(at).getTime()) < 6 * 86_400_000;
  return isThisWeek ? names().weekdays[then.weekday] : dayAndMonth(at, zone);
}

const SPANS = /** @type {const} */ ([["year", 365], ["month", 30], ["week", 7], ["day", 1]]);

/** Making one costs a slow tablet some milliseconds, and a list asks for every row. @type {Map<string, Intl.RelativeTimeFormat>} */
const relative = new Map();

/** 3 bulan yang lalu @param {string | number} at @param {number} [nowMs] @returns {string} */
export function sinceWords(at, nowMs = Date.now()) {
  const days = Math.floor((nowMs - new Date(at).getTime()) / 86_400_000);
  const [span, length] = SPANS.find(([, least]) => days >= 2 * least) ?? SPANS[3];
  const format = relative.get(language()) ?? new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  relative.set(language(), format);
  return format.format(-Math.floor(days / length), span);
}

/** 23 November @param {string | number} at @param {string} [zone] */
function dayAndMonth(at, zone) {
  const { day, month } = clockAt(at, zone);
  return `${day} ${names().months[month]}`;
}

function names() {
  return NAMES[language()];
}

/** @param {string | number} at @param {string} [zone] */
function clockAt(at, zone) {
  return wallClock(new Date(at).getTime(), zone);
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, "0");
}
