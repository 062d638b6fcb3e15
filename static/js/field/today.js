// @ts-check
/**
 * Today: where she is expected, what is unfinished, what was promised, what still waits.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {import("../local/view.js").RecordView} RecordView
 */
import { readAddress, sheetAddress } from "./begin.js";
import { byRecord, titleOf } from "./forms.js";
import { writers } from "./keeping.js";
import { longDay, shortDay, sinceWhen } from "./moments.js";
import { hasEverything, hasRole, openPage, zoneOf } from "./page.js";
import { nameOf, rosterOf } from "./roster.js";
import { line, part, reveal, row, show, write } from "./rows.js";
import { drawMine, drawPromises, isToCheck, tick, untick } from "./today/promises.js";
import { plan, signedAt, startedAt } from "./today/plan.js";
import { beginVisit, drawNext, drawVisits } from "./today/visits.js";
import { say } from "./words.js";

/** @param {HTMLElement} root */
export function today(root) {
  /** @type {Awaited<ReturnType<typeof look>> | null} */
  let known = null;
  let isWhole = false;

  /** @param {Here} here */
  const draw = async (here) => {
    known = await look(here);
    drawDay(root, known, isWhole);
  };
  const opened = openPage(root, draw);
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button || !known) return;
    if (button.dataset.begin) begin(button, known);
    else if ("allPromises" in button.dataset) drawDay(root, known, isWhole = true);
    else answer(button, known);
  });
  root.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement && "evidence" in event.target.dataset && known) note(event.target, known);
  });
  return opened;
}

/** @param {Here} here */
async function look(here) {
  const { store } = here;
  const [[people, rubrics, visits, observations, steps], waiting] = await Promise.all([
    store.lists(["person", "rubric", "visit", "observation", "step"]), store.waiting(),
  ]);
  return { here, people: rosterOf(people), rubrics: byRecord(rubrics), visits, observations, steps, waiting, nowMs: Date.now() };
}

/** @param {HTMLElement} root @param {Awaited<ReturnType<typeof look>>} known @param {boolean} isWhole */
function drawDay(root, known, isWhole) {
  const { here } = known;
  const me = here.person.person;
  const day = plan(me, known, known.nowMs);
  const promises = known.steps.filter((step) => isToCheck(step, me)).sort((one, other) => (one.fields.due_on ?? "9") < (other.fields.due_on ?? "9") ? -1 : 1);
  write(root, "date", longDay(known.nowMs, zoneOf(here, "")));
  reveal(root, "fetching", !hasEverything());
  drawNews(root, day.news, known);
  drawNext(root, day.next, day.promises, known);
  drawDrafts(root, day.drafts, known);
  drawVisits(root, day.visits, known);
  drawPromises(root, promises, known, isWhole);
  drawMine(root, day.mine, known);
  drawWaiting(root, known);
  const isEmpty = ![day.news, day.drafts, day.visits, promises, day.mine].some((list) => list.length) && !day.next;
  drawEmpty(root, isEmpty && hasEverything(), hasRole(here, "observer"));
}

/** @param {HTMLElement} root @param {RecordView[]} news @param {Awaited<ReturnType<typeof look>>} known */
function drawNews(root, news, { here, people }) {
  reveal(root, "news", news.length > 0);
  show(part(root, "news-list"), news.map((view) => {
    const item = row("draft-row", {
      who: say("feedback.from", { name: nameOf(people, view.fields.observer, say("lesson.observer")) }),
      what: line(view.fields.class_name, view.fields.subject),
      when: shortDay(signedAt(view), zoneOf(here, view.school)),
    });
    item.querySelector("a")?.setAttribute("href", readAddress(view.record.slice("observation/".length)));
    return item;
  }));
}

/** @param {HTMLElement} root @param {RecordView[]} drafts @param {Awaited<ReturnType<typeof look>>} known */
function drawDrafts(root, drafts, { here, people, rubrics }) {
  reveal(root, "drafts", drafts.length > 0);
  show(part(root, "drafts-list"), drafts.map((view) => {
    const { teacher, class_name, subject, rubric } = view.fields;
    const item = row("draft-row", {
      who: say("today.go_on", { name: nameOf(people, teacher, say("lesson.no_teacher")) }),
      what: line(class_name, subject, titleOf(rubrics, rubric)),
      when: say("today.begun", { when: sinceWhen(startedAt(view), zoneOf(here, view.school)) }),
    });
    item.querySelector("a")?.setAttribute("href", sheetAddress(rubric, view.record.slice("observation/".length), view.school));
    return item;
  }));
}

/** @param {HTMLElement} root @param {Awaited<ReturnType<typeof look>>} known */
function drawWaiting(root, { here, waiting }) {
  reveal(root, "waits", waiting.records > 0);
  if (!waiting.since) return;
  write(root, "waits-line", say("today.waiting", { count: waiting.records, since: sinceWhen(waiting.since, zoneOf(here, "")) }));
}

/** @param {HTMLElement} root @param {boolean} isEmpty @param {boolean} isObserver */
function drawEmpty(root, isEmpty, isObserver) {
  reveal(root, "empty", isEmpty);
  write(root, "empty-what", say(isObserver ? "today.empty_observer" : "today.empty_teacher"));
  write(root, "empty-next", say(isObserver ? "today.empty_observer_next" : "today.empty_teacher_next"));
  reveal(root, "empty-observe", isObserver);
}

/** @param {HTMLButtonElement} button @param {Awaited<ReturnType<typeof look>>} known */
async function begin(button, known) {
  const visit = known.visits.find((each) => each.record === button.dataset.begin);
  if (!visit) return;
  button.disabled = true;
  await beginVisit(visit, known).catch(writers(known.here).failed);
  button.disabled = false;
}

/** @param {HTMLButtonElement} button @param {Awaited<ReturnType<typeof look>>} known */
function answer(button, known) {
  const step = stepOf(button, known);
  if (!step) return;
  if ("done" in button.dataset) tick(step, writers(known.here).of);
  else if ("undone" in button.dataset) untick(step, writers(known.here).of);
}

/** @param {HTMLTextAreaElement} evidence @param {Awaited<ReturnType<typeof look>>} known */
function note(evidence, known) {
  const step = stepOf(evidence, known);
  if (step) writers(known.here).of(step.school).write(step.record, { evidence: evidence.value || null }, true);
}

/** @param {Element} element @param {Awaited<ReturnType<typeof look>>} known @returns {RecordView | undefined} */
function stepOf(element, { steps }) {
  const record = element.closest("[data-step]")?.getAttribute("data-step");
  return steps.find((each) => each.record === record);
}
