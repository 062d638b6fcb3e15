// @ts-check
/**
 * Every item with its level and evidence, the notes by minute, and the score with its rule and its maker.
 *
 * @typedef {import("./findings.js").Finding} Finding
 * @typedef {import("./findings.js").Note} Note
 * @typedef {import("../../sync/scoring.js").Rubric} Rubric
 */
import { calculation, number, ruleText, score } from "../../sync/scoring.js";
import { part, reveal, row, show, write } from "../rows.js";
import { language, say } from "../words.js";
import { minuteOf } from "../minutes.js";
import { descriptor, notesOf, ratingsOf } from "./findings.js";

/** @param {HTMLElement} root @param {Rubric} rubric @param {Finding[]} found */
export function drawAreas(root, rubric, found) {
  const list = part(root, "areas");
  const opened = new Set([...list.querySelectorAll("details[open]")].map(({ id }) => id));
  show(list, rubric.areas.map((area) => {
    const codes = new Set(area.indicators.map(({ code }) => code));
    const items = found.filter(({ indicator }) => codes.has(indicator.code));
    const section = /** @type {HTMLDetailsElement} */ (row("details-area", {
      title: area.title[language()],
      count: say("read.scored", { scored: items.filter(({ level }) => level).length, total: items.length }),
    }));
    section.id = `details-${area.code}`;
    section.open = opened.has(section.id);
    section.querySelector("[data-items]")?.append(...items.map(item));
    return section;
  }));
}

/** @param {HTMLElement} root @param {Record<string, any>} fields */
export function drawNotes(root, fields) {
  const notes = notesOf(fields);
  reveal(root, "notes", notes.length > 0);
  show(part(root, "notes-list"), notes.map(evidence));
}

/** @param {HTMLElement} root @param {Rubric} rubric @param {Record<string, any>} fields @param {string} by who gave it */
export function drawScore(root, rubric, fields, by) {
  const made = score(rubric, ratingsOf(fields));
  const rule = ruleText(rubric, language());
  write(root, "score-sum", calculation(rubric, made, language()));
  write(root, "score-band", made.band ? made.band.label[language()] : "");
  write(root, "score-by", say("read.score_by", { name: by, scored: made.scored, total: made.scored + made.not_scored.length + made.not_applicable.length }));
  show(part(root, "score-rule"), [rule.formula, rule.left_out, rule.rounding, ...rule.bands].map((text) => {
    const point = document.createElement("li");
    point.textContent = text;
    return point;
  }));
}

/** Notes tagged to an item, each with its minute. @param {Element} place @param {Note[]} notes */
export function fillEvidence(place, notes) {
  const list = /** @type {HTMLElement} */ (place.querySelector("[data-evidence]"));
  if (notes.length) list.append(...notes.map(evidence));
  else list.remove();
}

/** What was found for an item, in words. @param {Finding} found @returns {string} */
export function levelWords({ level, rating }) {
  if (rating === "na") return say("read.not_applicable");
  return level ? say("read.level", { value: number(level.value, language()), label: level.label[language()] }) : say("read.not_scored");
}

/** @param {Finding} found */
function item(found) {
  const { indicator, level, comment, notes } = found;
  const made = row("details-item", {
    code: indicator.code, text: indicator.text[language()], level: levelWords(found),
    descriptor: descriptor(indicator, level, language()), comment,
  });
  fillEvidence(made, notes);
  return made;
}

/** @param {Note} note */
function evidence({ at_s, text }) {
  return row("evidence-line", { minute: minuteOf(at_s), text });
}
