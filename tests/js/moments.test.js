// Times as a person reads them: the same as the browser's own, without asking it for its table of time zones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { STANDING_ZONES, wallClock } from "../../static/js/lib/wall_clock.js";

const page = { lang: "id" };
globalThis.document = /** @type {any} */ ({ documentElement: page, getElementById: () => null });
const { longDay, shortDay, sinceWhen, sinceWords, timeOfDay } = await import("../../static/js/field/moments.js");

const AT = "2026-11-22T23:05:00Z"; // a Monday morning in Jambi
const NOW = Date.parse("2026-11-23T02:00:00Z");

test("every standing zone shows what the browser's own table says, over forty years", () => {
  for (const zone of Object.keys(STANDING_ZONES)) {
    for (let at = Date.UTC(1990, 0, 1, 0, 7); at < Date.UTC(2030, 0, 1); at += 86_400_000 * 13.37) assert.deepEqual(shown(at, zone), asked(at, zone));
  }
});

test("a zone with summer time is asked for, and one nobody knows is the device's own", () => {
  for (let month = 0; month < 12; month += 1) {
    const at = Date.UTC(2026, month, 3, 22, 30);
    assert.deepEqual(shown(at, "America/New_York"), asked(at, "America/New_York"));
    assert.deepEqual(wallClock(at, "Nowhere/At_All"), wallClock(at));
    assert.equal(wallClock(at).hour, new Date(at).getHours());
  }
});

test("days and times stand as each language writes them", () => {
  const say = () => [longDay(AT, "Asia/Jakarta"), shortDay(AT, "Asia/Jakarta"), timeOfDay(AT, "Asia/Jakarta"), timeOfDay(AT, "Asia/Jayapura")];
  page.lang = "id";
  assert.deepEqual(say(), ["Senin, 23 November 2026", "Sen, 23 Nov", "06.05", "08.05"]);
  page.lang = "en";
  assert.deepEqual(say(), ["Monday, 23 November 2026", "Mon 23 Nov", "06:05", "08:05"]);
});

test("since when is the hour today, the weekday this week, else the day", () => {
  page.lang = "id";
  const since = (/** @type {string} */ at) => sinceWhen(at, "Asia/Jakarta", NOW);
  assert.equal(since(AT), "06.05");
  assert.equal(since("2026-11-22T16:59:00Z"), "Minggu");
  assert.equal(since("2026-11-01T04:00:00Z"), "1 November");
  assert.equal(sinceWords("2026-08-20T02:00:00Z", NOW), "3 bulan yang lalu");
});

/** @param {number} at @param {string} zone */
function shown(at, zone) {
  const { weekday, ...rest } = wallClock(at, zone);
  assert.equal(weekday, new Date(Date.UTC(rest.year, rest.month, rest.day)).getUTCDay());
  return rest;
}

/** @param {number} at @param {string} timeZone */
function asked(at, timeZone) {
  const shape = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23", timeZone };
  const said = Object.fromEntries(new Intl.DateTimeFormat("en-GB", /** @type {any} */ (shape)).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return { year: said.year, month: said.month - 1, day: said.day, hour: said.hour, minute: said.minute };
}
