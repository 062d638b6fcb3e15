// @ts-check
/**
 * Up to three agreed steps, each a record of its own so that they live on after this lesson.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {{id: string | null, text: string, due_on: string | null}} Step
 */
import { newUuid } from "../../lib/uuid.js";
import { every, the } from "../elements.js";

/** @param {Lesson} lesson */
export function steps(lesson) {
  const places = every("[data-step]").map((item) => ({
    text: /** @type {HTMLTextAreaElement} */ (the("[data-step-text]", item)),
    due: /** @type {HTMLInputElement} */ (the("[data-step-due]", item)),
    step: /** @type {Step} */ ({ id: null, text: "", due_on: null }),
  }));
  for (const place of places) {
    place.text.addEventListener("input", () => keep(place, true));
    place.due.addEventListener("change", () => keep(place, false));
    place.text.addEventListener("blur", () => { lesson.finish()?.catch(() => {}); });
  }

  /** @param {typeof places[number]} place @param {boolean} isTyping */
  function keep(place, isTyping) {
    const text = place.text.value.trim() ? place.text.value : "";
    if (!place.step.id && !text) return;
    place.step = { id: place.step.id ?? newUuid(), text, due_on: place.due.value || null };
    lesson.write(`step/${place.step.id}`, {
      teacher: lesson.value("teacher"),
      observer: lesson.person.person,
      observation: lesson.id,
      text: text || null,
      due_on: place.step.due_on,
      status: text ? "open" : "dropped",
    }, isTyping);
  }

  async function load() {
    const known = (await lesson.store.list("step")).filter(({ fields }) => fields.observation === lesson.id && fields.text);
    places.forEach((place, at) => {
      if (place.text === document.activeElement || place.due === document.activeElement) return;
      const found = known.find(({ record }) => record === `step/${place.step.id}`) ?? (place.step.id ? undefined : unplaced(known)[0]);
      if (!found) return;
      place.step = { id: found.record.slice("step/".length), text: found.fields.text, due_on: found.fields.due_on ?? null };
      place.text.value = place.step.text;
      place.due.value = place.step.due_on ?? "";
    });
  }

  /** @param {import("../../local/view.js").RecordView[]} known */
  function unplaced(known) {
    return known.filter(({ record }) => !places.some(({ step }) => record === `step/${step.id}`));
  }

  /** @param {string[] | null} names */
  function draw(names) {
    if (names !== null && !names.includes("status") && !names.includes("teacher")) return;
    const isClosed = lesson.isSigned() || !lesson.isMine();
    for (const { text, due, step } of places) {
      text.readOnly = isClosed;
      due.readOnly = isClosed;
      if (names?.includes("teacher") && step.id && step.text) lesson.write(`step/${step.id}`, { teacher: lesson.value("teacher") });
    }
  }

  return { load, draw };
}
