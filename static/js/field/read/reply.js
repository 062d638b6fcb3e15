// @ts-check
/**
 * The teacher's answer on her own page: three separate things, each on the device at once, and said to be where it is.
 *
 * @typedef {import("../here.js").Here} Here
 * @typedef {import("../../local/view.js").RecordView} RecordView
 * @typedef {{draw: (view: RecordView) => void}} Reply
 */
import { utc } from "../../lib/time.js";
import { heldWords } from "../held_words.js";
import { writers } from "../keeping.js";
import { shortDay, timeOfDay } from "../moments.js";
import { zoneOf } from "../page.js";
import { part, reveal, row, show, write } from "../rows.js";
import { say } from "../words.js";
import { answerOf } from "./answer.js";

/** @param {HTMLElement} root @param {Here} here @returns {Reply} */
export function reply(root, here) {
  const me = here.person.person;
  const hasRead = /** @type {HTMLInputElement} */ (root.querySelector("#has-read"));
  const words = /** @type {HTMLTextAreaElement} */ (root.querySelector("#reply"));
  const stances = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("input[name=stance]")]);
  /** @type {RecordView | null} */
  let shown = null;

  const keeping = () => {
    write(root, "answer-state", say("read.answer.keeping"));
    part(root, "answer-state").dataset.state = "draft";
  };

  /** @param {Record<string, any>} set @param {boolean} [isTyping] */
  const keep = (set, isTyping) => {
    if (!shown) return;
    writers(here).of(shown.school).write(shown.record, set, isTyping);
    keeping();
  };
  hasRead.addEventListener("change", () => keep({ [`read.${me}`]: hasRead.checked ? utc() : null }));
  words.addEventListener("input", () => keep({ [`reply.${me}`]: words.value || null }, true));
  words.addEventListener("blur", () => { if (shown) writers(here).of(shown.school).finish(); });
  for (const stance of stances) stance.addEventListener("change", () => keep({ [`stance.${me}`]: stance.value || null }));
  part(root, "answer-choices").addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const name = button?.dataset.use;
    if (name && shown) keep({ [name]: shown.choices[name]?.find(({ id }) => id === button.dataset.head)?.value ?? null });
  });

  /** @param {RecordView} view */
  function draw(view) {
    shown = view;
    const answer = answerOf(view.fields, me);
    const pen = writers(here).of(view.school);
    /** @param {string} field what was touched since this was read stays as it was touched */
    const isPending = (field) => pen.isPending(view.record, `${field}.${me}`);
    if (!isPending("read")) hasRead.checked = answer.readAt !== null;
    if (!isPending("stance")) for (const stance of stances) stance.checked = stance.value === (answer.stance ?? "");
    if (words !== document.activeElement && !isPending("reply")) words.value = answer.reply;
    if (["read", "stance", "reply"].some(isPending)) keeping();
    else drawState(root, view, answer, here);
    drawDiffering(root, view, here);
  }

  return { draw };
}

/** @param {HTMLElement} root @param {RecordView} view @param {ReturnType<typeof answerOf>} answer @param {Here} here */
function drawState(root, view, answer, here) {
  const state = part(root, "answer-state");
  const held = view.held.find(({ verdict }) => verdict === null);
  const time = timeOfDay(view.changed_at, zoneOf(here, view.school));
  const isAnswered = answer.state !== "new" || view.whereabouts === "tablet";
  state.dataset.state = held ? "held" : view.whereabouts;
  write(root, "answer-state", held ? heldWords(held) : isAnswered ? say(`read.answer.${view.whereabouts}`, { time }) : "");
}

/** Two answers of her own that differ, from two devices: she chooses. @param {HTMLElement} root @param {RecordView} view @param {Here} here */
function drawDiffering(root, view, here) {
  const me = here.person.person;
  const names = view.conflicts.filter((name) => ["reply", "stance"].some((each) => name === `${each}.${me}`));
  reveal(root, "answer-differs", names.length > 0);
  write(root, "answer-differs-line", say("read.two_answers"));
  show(part(root, "answer-choices"), names.flatMap((name) => view.choices[name].map(({ id, at, value }) => {
    const zone = zoneOf(here, view.school);
    const choice = row("answer-choice", { text: valueWords(name, value), when: `${shortDay(at, zone)}, ${timeOfDay(at, zone)}` });
    const button = /** @type {HTMLButtonElement} */ (choice.querySelector("button"));
    button.textContent = say("read.use_this");
    button.dataset.use = name;
    button.dataset.head = id;
    return choice;
  })));
}

/** @param {string} name @param {any} value @returns {string} */
function valueWords(name, value) {
  if (value === null || value === "") return say("read.left_empty");
  return name.startsWith("stance.") ? say(`read.stance.${value}`) : String(value);
}
