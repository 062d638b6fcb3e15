// @ts-check
/**
 * One observation, read by its teacher or by its observer.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {import("./read/findings.js").Finding} Finding
 * @typedef {import("../local/view.js").RecordView} RecordView
 * @typedef {import("./roster.js").Roster} Roster
 */
import { sheetAddress } from "./begin.js";
import { versionOf } from "./forms.js";
import { longDay, timeOfDay } from "./moments.js";
import { openPage, zoneOf } from "./page.js";
import { answerOf } from "./read/answer.js";
import { drawAreas, drawNotes, drawScore, fillEvidence, levelWords } from "./read/details.js";
import { best, descriptor, findings, lowest } from "./read/findings.js";
import { reply } from "./read/reply.js";
import { drawShots } from "./read/shots.js";
import { nameOf, roster } from "./roster.js";
import { line, part, reveal, row, show, write } from "./rows.js";
import { language, say } from "./words.js";

const MOST_PRAISED = 4;

/** @param {HTMLElement} root */
export function read(root) {
  const record = `observation/${new URLSearchParams(location.search).get("observation") ?? ""}`;
  let shown = "";
  /** @type {import("./read/reply.js").Reply | null} */
  let answer = null;
  const opened = openPage(root, async (here, changed) => {
    answer ??= reply(root, here);
    const view = await here.store.read(record);
    const words = JSON.stringify(wordsOf(view));
    const isAnswerAlone = changed !== null && [...changed].every((each) => each === record) && words === shown;
    if (!isAnswerAlone) await draw(root, here, view);
    shown = words;
    drawAnswer(root, here, view, answer);
  });
  return opened;
}

/** What the observer wrote; while the teacher answers, it need not be drawn again. @param {RecordView} view */
function wordsOf({ fields }) {
  return Object.entries(fields).filter(([name]) => !/^(read|stance|reply)\./.test(name));
}

/** @param {HTMLElement} root @param {Here} here @param {RecordView} view */
async function draw(root, here, view) {
  const { store, person } = here;
  const isHere = Boolean(view.fields.status && view.fields.rubric);
  reveal(root, "missing", !isHere);
  reveal(root, "reading", isHere);
  if (!isHere) return;
  const [people, rubric, steps] = await Promise.all([roster(store), versionOf(store, view.fields.rubric), store.list("step")]);
  const observer = nameOf(people, view.fields.observer, say("lesson.observer"));
  const isHers = view.fields.teacher === person.person;
  drawTop(root, view, here, { people, observer, isHers });
  drawAgreed(root, steps.filter(({ fields }) => isOf(fields, view)), isHers);
  const found = rubric ? findings(rubric, view.fields) : [];
  drawSeen(root, "good", "strengths", "best", view.fields.strengths, best(found).slice(0, MOST_PRAISED));
  drawSeen(root, "growth-part", "growth", "lowest", view.fields.growth, lowest(found));
  if (rubric) {
    drawAreas(root, rubric, found);
    drawScore(root, rubric, view.fields, observer);
  }
  drawNotes(root, view.fields);
  drawShots(root, here, view);
}

/** Whether a step was agreed in this observation. @param {Record<string, any>} step @param {RecordView} view */
function isOf({ observation, text, status }, { record }) {
  return record === `observation/${observation}` && text && status !== "dropped";
}

/** @param {HTMLElement} root @param {Here} here @param {RecordView} view @param {import("./read/reply.js").Reply} answer */
function drawAnswer(root, here, view, answer) {
  const isHers = view.fields.teacher === here.person.person;
  const isSigned = view.fields.status === "signed";
  reveal(root, "answer", isHers && isSigned);
  reveal(root, "heard", !isHers && isSigned);
  if (isHers) answer.draw(view);
  else drawHeard(root, view, here);
}

/** @param {HTMLElement} root @param {RecordView} view @param {Here} here @param {{people: Roster, observer: string, isHers: boolean}} names */
function drawTop(root, view, here, { people, observer, isHers }) {
  const { fields } = view;
  const zone = zoneOf(here, view.school);
  const teacher = nameOf(people, fields.teacher, say("lesson.no_teacher"));
  const at = fields.started_at ?? view.changed_at;
  write(root, "lesson", line(longDay(at, zone), fields.class_name, fields.subject, fields.topic));
  write(root, "heading", isHers ? say("read.for_you") : say("read.for", { name: teacher }));
  write(root, "from", say(fields.status === "signed" ? "read.from" : "read.from_unsigned", { name: observer }));
  const isMine = fields.observer === here.person.person;
  reveal(root, "open-sheet", isMine);
  if (isMine) part(root, "sheet-link").setAttribute("href", sheetAddress(fields.rubric, view.record.slice("observation/".length), view.school));
}

/**
 * What the observer wrote, and beneath it what was found.
 * @param {HTMLElement} root @param {string} section @param {string} own @param {string} list @param {string | undefined} words @param {Finding[]} found
 */
function drawSeen(root, section, own, list, words, found) {
  reveal(root, section, Boolean(words) || found.length > 0);
  write(root, own, words ?? "");
  show(part(root, list), found.map((each) => {
    const { indicator, level, next, notes } = each;
    const now = descriptor(indicator, level, language());
    const then = descriptor(indicator, next, language());
    const item = row("seen-item", {
      text: indicator.text[language()],
      level: now ? say("read.seen", { what: now }) : levelWords(each),
      next: then ? say("read.next", { what: then }) : "",
    });
    fillEvidence(item, notes);
    return item;
  }));
}

/** @param {HTMLElement} root @param {RecordView[]} steps @param {boolean} isHers */
function drawAgreed(root, steps, isHers) {
  reveal(root, "agreed", steps.length > 0);
  part(root, "agreed").querySelector("h2")?.replaceChildren(say(isHers ? "read.agreed_hers" : "read.agreed"));
  show(part(root, "agreed-list"), steps.map(({ fields }) => {
    const item = row("agreed-item", {
      text: fields.text,
      due: fields.due_on ? say("read.due", { day: longDay(`${fields.due_on}T12:00:00Z`, "UTC") }) : "",
      status: say(fields.status === "done" ? "read.step_done" : "read.step_open"),
      evidence: fields.evidence,
    });
    item.querySelector(".state")?.setAttribute("data-state", fields.status);
    return item;
  }));
}

/** @param {HTMLElement} root @param {RecordView} view @param {Here} here */
function drawHeard(root, view, here) {
  const { readAt, stance, reply: said } = answerOf(view.fields, view.fields.teacher);
  const zone = zoneOf(here, view.school);
  write(root, "heard-read", readAt ? say("read.heard_read", { day: longDay(readAt, zone), time: timeOfDay(readAt, zone) }) : say("read.heard_not_read"));
  write(root, "heard-stance", stance ? say(`read.heard_${stance}`) : "");
  write(root, "heard-reply", said);
}
