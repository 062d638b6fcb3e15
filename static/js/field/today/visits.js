// @ts-check
/**
 * Where she is expected.
 *
 * @typedef {import("../../local/view.js").RecordView} RecordView
 * @typedef {import("../here.js").Here} Here
 * @typedef {import("../roster.js").Roster} Roster
 * @typedef {{here: Here, people: Roster, rubrics: Map<string, RecordView>, nowMs: number}} Known
 */
import { begin } from "../begin.js";
import { titleOf } from "../forms.js";
import { shortDay, timeOfDay } from "../moments.js";
import { zoneOf } from "../page.js";
import { nameOf } from "../roster.js";
import { line, part, reveal, row, show, write } from "../rows.js";
import { say, language } from "../words.js";
import { isMissed } from "./plan.js";

const DAY_MS = 86_400_000;

/** @param {HTMLElement} root @param {RecordView | null} visit @param {RecordView[]} promises @param {Known} known */
export function drawNext(root, visit, promises, known) {
  reveal(root, "next", visit !== null);
  if (!visit) return;
  write(root, "next-when", when(visit, known));
  write(root, "next-who", who(visit, known));
  write(root, "next-what", lesson(visit));
  write(root, "next-form", titleOf(known.rubrics, visit.fields.rubric));
  part(root, "next-begin").dataset.begin = visit.record;
  const agreed = promises.filter(({ fields }) => fields.teacher === visit.fields.teacher);
  reveal(root, "next-promises", agreed.length > 0);
  show(part(root, "next-promises-list"), agreed.map(({ fields }) => {
    const item = document.createElement("li");
    item.textContent = fields.text ?? "";
    return item;
  }));
}

/** @param {HTMLElement} root @param {RecordView[]} visits @param {Known} known */
export function drawVisits(root, visits, known) {
  reveal(root, "visits", visits.length > 0);
  show(part(root, "visits-list"), visits.map((visit) => {
    const item = row("visit-row", { when: when(visit, known), who: who(visit, known), what: lesson(visit) });
    const button = /** @type {HTMLButtonElement} */ (item.querySelector("[data-begin]"));
    button.dataset.begin = visit.record;
    button.textContent = say("today.begin");
    button.setAttribute("aria-label", say("today.begin_with", { name: who(visit, known) }));
    if (isMissed(visit, known.nowMs)) item.dataset.late = "true";
    return item;
  }));
}

/** The lesson of a visit, begun; without a form, she chooses one first. @param {RecordView} visit @param {Known} known */
export async function beginVisit(visit, { here, rubrics }) {
  const { teacher, rubric, class_name, subject, topic } = visit.fields;
  const id = visit.record.slice("visit/".length);
  if (!titleOf(rubrics, rubric)) {
    location.assign(`/field/${language()}/observe?${new URLSearchParams({ visit: id })}`);
    return;
  }
  await begin(here, { school: visit.school, rubric, teacher, visit: id, class_name, subject, topic });
}

/** @param {RecordView} visit @param {Known} known @returns {string} */
function who(visit, { people }) {
  return nameOf(people, visit.fields.teacher, say("lesson.no_teacher"));
}

/** @param {RecordView} visit @returns {string} */
function lesson({ fields }) {
  return line(fields.class_name, fields.subject, fields.topic);
}

/** @param {RecordView} visit @param {Known} known @returns {string} */
function when(visit, { here, nowMs }) {
  const at = visit.fields.planned_at;
  if (!at) return say("today.no_time");
  const zone = zoneOf(here, visit.school);
  const day = shortDay(at, zone);
  const named = day === shortDay(nowMs, zone) ? say("today.today") : day === shortDay(nowMs + DAY_MS, zone) ? say("today.tomorrow") : day;
  const text = `${named}, ${timeOfDay(at, zone)}`;
  return isMissed(visit, nowMs) ? say("today.missed", { when: text }) : text;
}
