// The rules of the field pages, without a page: what a day asks, what is praised, what the state line may say.
import assert from "node:assert/strict";
import { test } from "node:test";

const WORDS = {
  "device.tablet": "this tablet", "device.phone": "this phone",
  "state.kept": "Kept.", "state.kept_at": "Kept at {time}.", "state.waiting": "{count} wait since {since}.",
  "state.sending": "Being sent.", "state.arrived": "Arrived {time}.", "state.arrived_unsaved": "Arrived {time}, no copy.",
  "state.fetching": "Fetching.", "state.never_fetched": "Never fetched.", "state.ready": "Ready.", "state.held": "{count} held.",
  "state.clock.minutes": "{count} minutes off.", "state.clock.hours": "{count} hours off.", "state.clock.days": "{count} days off.",
  "state.problem.offline": "No signal.", "state.problem.offline_idle": "No signal now.", "state.problem.portal": "Portal.",
  "state.problem.other": "Other.",
  "sheet.minute": "Minute {minute}", "sheet.afterwards": "Afterwards",
};
globalThis.document = /** @type {any} */ ({ getElementById: () => ({ textContent: JSON.stringify(WORDS) }), documentElement: { lang: "en" } });
globalThis.screen = /** @type {any} */ ({ width: 1024, height: 768 });

const { minuteOf } = await import("../../static/js/field/minutes.js");
const { plan } = await import("../../static/js/field/today/plan.js");
const { best, findings, lowest, notesOf } = await import("../../static/js/field/read/findings.js");
const { answerOf } = await import("../../static/js/field/read/answer.js");
const { entries, matching, stateOf, whereOf } = await import("../../static/js/field/records/shelf.js");
const { needsSomebody, problemWords, sentence } = await import("../../static/js/field/standing_words.js");

const NOW = Date.parse("2026-11-23T02:00:00Z");
const CALM = {
  waiting: 0, changes: 0, since: null, arrivedAt: "2026-11-23T01:42:00.000Z", problem: null, retryAt: null, isExchanging: false,
  firstPullComplete: true, isBackedUp: true, held: 0, clockOffsetMinutes: null, isPersistent: true,
};

/** @param {string} record @param {Record<string, any>} fields @param {Record<string, any>} [more] @returns {any} */
function view(record, fields, more = {}) {
  return { record, school: "school", fields, conflicts: [], choices: {}, whereabouts: "centre", held: [], changed_at: "2026-11-01T00:00:00.000Z", ...more };
}

/** @param {string} id @param {string} at @param {Record<string, any>} [more] */
function visit(id, at, more = {}) {
  return view(`visit/${id}`, { observer: "me", teacher: "her", status: "planned", planned_at: at, ...more });
}

test("minutes count from 1 wherever they are read, as on paper", () => {
  assert.deepEqual([0, 59, 60, 725].map(minuteOf), ["Minute 1", "Minute 1", "Minute 2", "Minute 13"]);
  assert.equal(minuteOf(4 * 3600 + 1), "Afterwards");
});

test("the next visit is the first that has not gone by, and a missed one is not forgotten", () => {
  const visits = [visit("later", "2026-11-24T02:00:00Z"), visit("next", "2026-11-23T01:30:00Z"), visit("missed", "2026-11-20T02:00:00Z")];

  const day = plan("me", { visits, observations: [], steps: [] }, NOW);

  assert.equal(day.next?.record, "visit/next");
  assert.deepEqual(day.visits.map(({ record }) => record), ["visit/missed", "visit/later"]);
});

test("a visit somebody else makes, one called off and one already begun are not mine to make", () => {
  const visits = [
    visit("hers", "2026-11-23T03:00:00Z", { observer: "other" }), visit("off", "2026-11-23T03:00:00Z", { status: "cancelled" }),
    visit("begun", "2026-11-23T03:00:00Z"),
  ];
  const observations = [view("observation/1", { observer: "me", visit: "begun", status: "draft" })];

  const day = plan("me", { visits, observations, steps: [] }, NOW);

  assert.equal(day.next, null);
  assert.equal(day.drafts.length, 1);
});

test("feedback is news until she says she has read it, whatever else she answered", () => {
  const observations = [
    view("observation/new", { teacher: "me", status: "signed", "stance.me": "agree" }),
    view("observation/read", { teacher: "me", status: "signed", "read.me": "2026-11-22T00:00:00Z" }),
    view("observation/draft", { teacher: "me", status: "draft" }),
  ];

  assert.deepEqual(plan("me", { visits: [], observations, steps: [] }, NOW).news.map(({ record }) => record), ["observation/new"]);
});

const LEVELS = [1, 2, 3].map((value) => ({ value, label: { id: `${value}`, en: `${value}` } }));
/** @type {any} */
const RUBRIC = {
  scales: { three: { levels: LEVELS } },
  areas: [{ code: "A", title: {}, indicators: ["A1", "A2", "A3", "A4", "A5", "A6"].map((code) => ({ code, text: {}, scale: "three" })) }],
};

test("at most three things to work on, the lowest first, and never one that was not scored or does not apply", () => {
  const found = findings(RUBRIC, { "rating.A1": 2, "rating.A2": 1, "rating.A3": "na", "rating.A5": 2, "rating.A6": 2 });

  assert.deepEqual(lowest(found).map(({ indicator }) => indicator.code), ["A2", "A1", "A5"]);
  assert.deepEqual(best(found), []);
});

test("praise with something to show for it comes first", () => {
  const note = { text: "seen", at_s: 60, tags: ["A4"] };
  const found = findings(RUBRIC, { "rating.A1": 3, "rating.A4": 3, "note.n": note });

  assert.deepEqual(best(found).map(({ indicator }) => indicator.code), ["A4", "A1"]);
});

test("notes are read in the order of the lesson, whatever the order they were kept in", () => {
  const fields = { "note.b": { text: "late", at_s: 600, tags: [] }, "note.a": { text: "early", at_s: 5, tags: [] }, "note.c": null };

  assert.deepEqual(notesOf(fields).map(({ text }) => text), ["early", "late"]);
});

test("having read, agreeing and replying are three things", () => {
  assert.equal(answerOf({ "stance.her": "differ" }, "her").readAt, null);
  assert.equal(answerOf({ "read.her": "2026-11-22T00:00:00Z" }, "her").state, "read");
  assert.equal(answerOf({ "reply.her": "Thanks" }, "her").state, "replied");
  assert.equal(answerOf({ "reply.other": "Thanks" }, "her").state, "new");
});

test("a record is found by any part of a name, without accents or capitals, and by its state", () => {
  const views = [
    view("observation/1", { observer: "me", teacher: "a", status: "signed", class_name: "VIII B" }),
    view("observation/2", { observer: "me", teacher: "b", status: "draft" }, { whereabouts: "tablet" }),
    view("observation/3", { observer: "other", teacher: "b", status: "draft" }),
  ];
  const all = entries(views, "me", ({ fields }) => ({ who: fields.teacher === "a" ? "Bu Renée" : "Pak Ali", form: "", zone: undefined }));

  assert.equal(all.length, 2);
  assert.deepEqual(matching(all, "renee viii", "").map(({ view: { record } }) => record), ["observation/1"]);
  assert.deepEqual(matching(all, "", "waiting").map(({ view: { record } }) => record), ["observation/2"]);
});

test("what the centre did not take in is never called simply at the centre", () => {
  const held = [{ verdict: null }];

  assert.equal(whereOf(view("observation/1", {}, { held })), "held");
  assert.equal(whereOf(view("observation/1", {}, { held: [{ verdict: "released" }] })), "centre");
  assert.equal(stateOf(view("observation/1", { status: "signed", teacher: "her", "stance.her": "differ" })), "differ");
});

test("nothing is said to have arrived while anything waits", () => {
  for (const problem of [null, "offline", "portal"]) {
    for (const isExchanging of [false, true]) {
      const said = sentence(/** @type {any} */ ({ ...CALM, waiting: 1, changes: 1, since: "2026-11-23T01:00:00.000Z", problem, isExchanging }), null);

      assert.match(said, /^Kept\. 1 wait since /);
      assert.doesNotMatch(said, /Arrived/);
    }
  }
});

test("nothing is said to be complete before everything was fetched once", () => {
  assert.equal(sentence({ ...CALM, firstPullComplete: false }, null), "Fetching.");
  assert.equal(sentence({ ...CALM, firstPullComplete: false, problem: "offline" }, null), "Never fetched. No signal now.");
});

test("arrived without a spare copy is not the same as arrived", () => {
  assert.match(sentence({ ...CALM, isBackedUp: false }, null), /no copy/);
  assert.doesNotMatch(sentence(CALM, null), /no copy/);
});

test("a clock that is off is told in a number a person can use", () => {
  assert.match(sentence({ ...CALM, clockOffsetMinutes: -525_600 }, null), /365 days off/);
  assert.match(sentence({ ...CALM, clockOffsetMinutes: 14 }, null), /14 minutes off/);
});

test("a missing network asks nothing of anybody; a portal does", () => {
  assert.equal(needsSomebody({ ...CALM, problem: "offline" }), false);
  assert.equal(needsSomebody({ ...CALM, problem: "portal" }), true);
  assert.equal(problemWords("something-new"), "Other.");
});
