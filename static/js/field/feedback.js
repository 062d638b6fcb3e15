// @ts-check
/**
 * Feedback that came for her, and for an observer, what teachers answered. No number stands in these lists.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {import("../local/view.js").RecordView} RecordView
 * @typedef {{here: Here, people: import("./roster.js").Roster, received: RecordView[], answers: RecordView[]}} Known
 */
import { readAddress } from "./begin.js";
import { shortDay } from "./moments.js";
import { hasEverything, hasRole, openPage, zoneOf } from "./page.js";
import { nameOf, rosterOf } from "./roster.js";
import { line, part, reveal, row, show, write } from "./rows.js";
import { answeredAt, answerOf } from "./read/answer.js";
import { by, isFor, signedAt } from "./today/plan.js";
import { say } from "./words.js";

const AT_ONCE = 30;

/** @param {HTMLElement} root */
export function feedback(root) {
  /** @type {Known | null} */
  let known = null;
  const most = { received: AT_ONCE, answers: AT_ONCE };

  const opened = openPage(root, async (here) => {
    known = await look(here);
    draw(root, known, most);
  });
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!known || (button?.dataset.more !== "received" && button?.dataset.more !== "answers")) return;
    most[button.dataset.more] = Infinity;
    draw(root, known, most);
  });
  return opened;
}

/** @param {Here} here @returns {Promise<Known>} */
async function look(here) {
  const me = here.person.person;
  const [persons, observations] = await here.store.lists(["person", "observation"]);
  return {
    here,
    people: rosterOf(persons),
    received: observations.filter(({ fields }) => isFor(me, fields)).sort(by(signedAt)).reverse(),
    answers: observations
      .filter(({ fields }) => fields.observer === me && fields.teacher !== me && answeredAt(fields))
      .sort(by(({ fields }) => answeredAt(fields))).reverse(),
  };
}

/** @param {HTMLElement} root @param {Known} known @param {{received: number, answers: number}} most */
function draw(root, known, most) {
  const { here, received, answers } = known;
  reveal(root, "fetching", !hasEverything());
  reveal(root, "received", received.length > 0);
  reveal(root, "answers", answers.length > 0);
  show(part(root, "received-list"), received.slice(0, most.received).map((view) => receivedRow(view, known)));
  show(part(root, "answers-list"), answers.slice(0, most.answers).map((view) => answerRow(view, known)));
  reveal(root, "received-more", received.length > most.received);
  reveal(root, "answers-more", answers.length > most.answers);
  const isTeacher = hasRole(here, "teacher");
  reveal(root, "empty", hasEverything() && received.length + answers.length === 0);
  write(root, "empty-what", say(isTeacher ? "feedback.none" : "feedback.no_answers"));
  write(root, "empty-next", say(isTeacher ? "feedback.none_next" : "feedback.no_answers_next"));
}

/** @param {RecordView} view @param {Known} known */
function receivedRow(view, { here, people }) {
  const { fields } = view;
  const answer = answerOf(fields, here.person.person);
  const isMineOnTheWay = Boolean(answer.state !== "new" && view.whereabouts === "tablet");
  const item = rowFor(view, here, {
    who: say("feedback.from", { name: nameOf(people, fields.observer, say("lesson.observer")) }),
    status: say(`feedback.state.${answer.state}`),
    where: isMineOnTheWay ? say("feedback.answer_waits") : "",
  });
  setState(item, "status", answer.state === "new" ? "draft" : "done");
  setState(item, "where", "tablet");
  if (answer.state === "new") item.dataset.new = "true";
  return item;
}

/** @param {RecordView} view @param {Known} known */
function answerRow(view, { here, people }) {
  const answer = answerOf(view.fields, view.fields.teacher);
  const item = rowFor(view, here, {
    who: nameOf(people, view.fields.teacher, say("lesson.no_teacher")),
    status: say(`record.status.${answer.state}`),
    reply: answer.reply,
  });
  setState(item, "status", "done");
  return item;
}

/** @param {RecordView} view @param {Here} here @param {Record<string, string>} texts */
function rowFor(view, here, texts) {
  const { class_name, subject, topic } = view.fields;
  const item = row("feedback-row", {
    what: line(class_name, subject, topic), when: shortDay(signedAt(view), zoneOf(here, view.school)), ...texts,
  });
  item.querySelector("a")?.setAttribute("href", readAddress(view.record.slice("observation/".length)));
  return item;
}

/** @param {HTMLElement} item @param {string} place @param {string} state */
function setState(item, place, state) {
  const found = item.querySelector(`[data-fill="${place}"]`);
  if (found instanceof HTMLElement) found.dataset.state = state;
}
