// @ts-check
/**
 * What teachers agreed to do. One tap says it was done; a line of what was seen may follow, and the tap can be taken back.
 *
 * @typedef {import("../../local/view.js").RecordView} RecordView
 * @typedef {import("./visits.js").Known} Known
 * @typedef {ReturnType<typeof import("../sheet/writer.js").writer>} Writer
 */
import { longDay } from "../moments.js";
import { nameOf } from "../roster.js";
import { part, reveal, row, show } from "../rows.js";
import { say } from "../words.js";
import { day, utc } from "../../lib/time.js";

const AT_FIRST = 5;

/** Steps ticked off on this page: they stay where they are until it is left. @type {Set<string>} */
const ticked = new Set();

/** @param {HTMLElement} root @param {RecordView[]} steps open ones, and those just ticked off @param {Known} known @param {boolean} isWhole */
export function drawPromises(root, steps, known, isWhole) {
  const shown = isWhole ? steps : steps.slice(0, AT_FIRST);
  reveal(root, "promises", steps.length > 0);
  const list = part(root, "promises-list");
  const focused = list.contains(document.activeElement) ? stepOf(document.activeElement) : undefined;
  show(list, shown.map((step) => (step.fields.status === "open" ? open(step, known) : kept(step, known))));
  for (const item of list.children) if (focused && stepOf(item) === focused) item.querySelector("button")?.focus({ preventScroll: true });
  const more = part(root, "promises-more");
  more.hidden = shown.length === steps.length;
  more.textContent = say("today.all_promises", { count: steps.length });
}

/** @param {HTMLElement} root @param {RecordView[]} steps @param {Known} known */
export function drawMine(root, steps, known) {
  reveal(root, "mine", steps.length > 0);
  show(part(root, "mine-list"), steps.map((step) => row("promise-mine", {
    text: step.fields.text,
    who: say("today.agreed_with", { name: nameOf(known.people, step.fields.observer, say("lesson.observer")) }),
    due: due(step),
  })));
}

/** Whether this step is to be shown: it is open, or was ticked off a moment ago. @param {RecordView} step @param {string} me */
export function isToCheck(step, me) {
  return step.fields.observer === me && (step.fields.status === "open" || step.fields.status === "done" && ticked.has(step.record));
}

/** @param {RecordView} step @param {(school: string) => Writer} writerFor */
export function tick(step, writerFor) {
  ticked.add(step.record);
  return writerFor(step.school).write(step.record, { status: "done", checked_at: utc() });
}

/** @param {RecordView} step @param {(school: string) => Writer} writerFor */
export function untick(step, writerFor) {
  ticked.delete(step.record);
  return writerFor(step.school).write(step.record, { status: "open", checked_at: null });
}

/** @param {Element | null} element @returns {string | undefined} */
function stepOf(element) {
  return element?.closest("[data-step]")?.getAttribute("data-step") ?? undefined;
}

/** @param {RecordView} step @param {Known} known */
function open(step, known) {
  const item = row("promise-row", { text: step.fields.text, who: whose(step, known), due: due(step) });
  item.dataset.step = step.record;
  const late = item.querySelector(".promise__due");
  if (late instanceof HTMLElement && isLate(step)) late.dataset.state = "late";
  item.querySelector("[data-done]")?.setAttribute("aria-label", say("today.done_what", { text: step.fields.text ?? "" }));
  return item;
}

/** @param {RecordView} step @param {Known} known */
function kept(step, known) {
  const id = `evidence-${step.record.slice("step/".length)}`;
  const item = row("promise-kept", {
    text: step.fields.text, who: whose(step, known), done: say("today.done"), label: say("today.evidence"),
  });
  item.dataset.step = step.record;
  item.querySelector("label")?.setAttribute("for", id);
  const evidence = /** @type {HTMLTextAreaElement} */ (item.querySelector("[data-evidence]"));
  evidence.id = id;
  evidence.value = step.fields.evidence ?? "";
  return item;
}

/** @param {RecordView} step @param {Known} known */
function whose(step, { people }) {
  return nameOf(people, step.fields.teacher, say("lesson.no_teacher"));
}

/** @param {RecordView} step @returns {string} */
function due(step) {
  const on = step.fields.due_on;
  if (!on) return "";
  return say(isLate(step) ? "today.was_due" : "today.due", { day: longDay(`${on}T12:00:00Z`, "UTC") });
}

/** @param {RecordView} step */
function isLate(step) {
  return Boolean(step.fields.due_on) && step.fields.due_on < day();
}
