// @ts-check
/** @typedef {import("./lesson.js").Lesson} Lesson */
import { every } from "../elements.js";

/**
 * What came from elsewhere is shown even where the cursor stands: whoever goes on writing has then seen it, and the
 * record may say so.
 * @param {HTMLInputElement | HTMLTextAreaElement} input @param {string} text
 */
export function showText(input, text) {
  if (input.value === text) return;
  const { selectionStart, selectionEnd } = input;
  input.value = text;
  if (input === document.activeElement) input.setSelectionRange(selectionStart, selectionEnd);
}

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
      if (input && !lesson.isUnkept(name)) showText(input, lesson.value(name) ?? "");
    }
    if (names !== null && !names.includes("status")) return;
    const isClosed = lesson.isSigned() || !lesson.isMine();
    for (const input of inputs) input.readOnly = isClosed;
  }

  return { draw };
}
