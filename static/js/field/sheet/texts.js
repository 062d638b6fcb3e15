// @ts-check
/** @typedef {import("./lesson.js").Lesson} Lesson */
import { every } from "./elements.js";

/** Every plain text of the sheet: kept while it is typed. @param {Lesson} lesson */
export function texts(lesson) {
  const inputs = /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ (every("[data-field]"));
  const byName = new Map(inputs.map((input) => [input.dataset.field ?? "", input]));
  for (const [name, input] of byName) {
    input.addEventListener("input", () => lesson.change({ [name]: input.value || null }, true));
    input.addEventListener("blur", () => { lesson.finish()?.catch(() => {}); });
  }

  /** @param {string[] | null} names */
  function draw(names) {
    for (const name of names ?? byName.keys()) {
      const input = byName.get(name);
      const value = lesson.value(name) ?? "";
      if (input && input.value !== value && input !== document.activeElement) input.value = value;
    }
    if (names !== null && !names.includes("status")) return;
    const isClosed = lesson.isSigned() || !lesson.isMine();
    for (const input of inputs) input.readOnly = isClosed;
  }

  return { draw };
}
