// @ts-check
/** The score, held to the same answers as `observe/domain/scoring.py`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { allows, calculation, ruleText, score, shownPercent } from "../../static/js/sync/scoring.js";

/** @typedef {import("../../static/js/sync/scoring.js").Rubric} Rubric */
/** @typedef {import("../../static/js/sync/scoring.js").Score} Score */

const root = new URL("../../", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("tests/vectors/scoring.json", root), "utf8"));

/** @param {string} code @returns {Rubric} */
function rubricNamed(code) {
  if (Object.hasOwn(vectors.rubrics, code)) return vectors.rubrics[code];
  return JSON.parse(readFileSync(new URL(`observe/domain/instruments/${code}.json`, root), "utf8")).version;
}

/** @param {Rubric} rubric @param {any} vector */
function ratingsOf(rubric, vector) {
  const all = rubric.areas.flatMap((area) => area.indicators);
  const every = "every" in vector ? all.map((indicator) => [indicator.code, vector.every]) : [];
  return { ...Object.fromEntries(every), ...vector.ratings };
}

/** @param {number | null} made @param {number | null} expected */
function assertPercent(made, expected) {
  if (made === null || expected === null) assert.equal(made, expected);
  else assert.ok(Math.abs(made - expected) < 1e-9, `${made} is not ${expected}`);
}

for (const vector of vectors.scores) {
  test(vector.claim, () => {
    const rubric = rubricNamed(vector.rubric);

    const made = score(rubric, ratingsOf(rubric, vector));

    for (const name of /** @type {const} */ (["points", "maximum", "scored", "not_scored", "not_applicable", "refused"])) {
      assert.deepEqual(made[name], vector[name], name);
    }
    assertPercent(made.percent, vector.percent);
    assert.equal(made.band?.label.id ?? null, vector.band);
    for (const [code, { percent, ...rest }] of Object.entries(vector.by_area ?? {})) {
      const { percent: ofArea, ...others } = made.by_area[code];
      assertPercent(ofArea, percent);
      assert.deepEqual(others, rest, code);
    }
  });

  for (const language of ["id", "en"]) {
    test(`${vector.claim}: in words, ${language}`, () => {
      const rubric = rubricNamed(vector.rubric);

      const made = score(rubric, ratingsOf(rubric, vector));

      assert.equal(calculation(rubric, made, language), vector.calculation[language]);
      if (made.percent !== null) assert.equal(shownPercent(rubric, made.percent, language), vector.shown[language]);
    });
  }
}

for (const vector of vectors.rules) {
  for (const language of ["id", "en"]) {
    test(`${vector.claim}: ${language}`, () => {
      assert.deepEqual(ruleText(rubricNamed(vector.rubric), language), vector[language]);
    });
  }
}

test("a rating is allowed when it is a level of its own scale, or N/A where that is offered", () => {
  const mixed = rubricNamed("mixed");

  const allowed = /** @type {[string, unknown][]} */ ([["A1", 0], ["A1", 2], ["A2", "na"], ["A3", 0.5]]);
  const refused = /** @type {[string, unknown][]} */ (
    [["A1", "na"], ["A1", 3], ["A1", "2"], ["A1", true], ["A1", null], ["A1", NaN], ["A3", 2], ["Z9", 1], ["", 0]]
  );

  for (const [code, rating] of allowed) assert.equal(allows(mixed, code, rating), true, `${code} ${rating}`);
  for (const [code, rating] of refused) assert.equal(allows(mixed, code, rating), false, `${code} ${rating}`);
});

test("an inherited property is not a rating", () => {
  const ratings = Object.create({ A1: 2 });

  assert.equal(score(rubricNamed("mixed"), ratings).scored, 0);
});
