// @ts-check
/**
 * The items and their levels. One listener for all of them: thirty-eight items stay quick on a slow tablet.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("../../sync/scoring.js").Rubric} Rubric
 * @typedef {{item: HTMLElement, inputs: HTMLInputElement[], remarks: HTMLElement, open: HTMLElement, count: HTMLElement,
 *   evidence: HTMLElement, note: HTMLElement}} Line
 * @typedef {{start: (code: string) => void, hasOpen: () => boolean, isTagged: (code: string) => boolean, link: (code: string) => void}} Notes
 */
import { minuteOf } from "../minutes.js";
import { say } from "../words.js";
import { every, make, tell, the } from "../elements.js";

/** @param {HTMLElement} pane @param {Lesson} lesson @param {Notes} notes @param {() => void} moved */
export function rubricPane(pane, lesson, notes, moved) {
  /** @type {Map<string, Line>} */
  const lines = new Map(every("[data-indicator]", pane).map((item) => [item.dataset.indicator ?? "", {
    item,
    inputs: /** @type {HTMLInputElement[]} */ (every("input[type=radio]", item)),
    remarks: the(".indicator__remarks", item),
    open: the("[data-remarks]", item),
    count: the("[data-evidence-count]", item),
    evidence: the("[data-evidence]", item),
    note: the("[data-note]", item),
  }]));

  /** @type {Map<string, string>} the evidence as it stands beside each item */
  const shown = new Map();

  pane.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.type !== "radio") return;
    lesson.observe({ [target.name]: target.value === "na" ? "na" : Number(target.value) });
  });

  pane.addEventListener("click", ({ target }) => {
    const pressed = target instanceof Element ? target.closest("button") : null;
    const code = pressed?.closest("[data-indicator]")?.getAttribute("data-indicator");
    if (!pressed || !code) return;
    if (pressed.hasAttribute("data-clear")) clear(code);
    if (pressed.hasAttribute("data-remarks")) showRemarks(code, pressed.getAttribute("aria-expanded") !== "true", true);
    if (pressed.hasAttribute("data-note")) notes.hasOpen() ? notes.link(code) : notes.start(code);
  });

  pane.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "radio" || (event.key !== "Backspace" && event.key !== "Delete")) return;
    event.preventDefault();
    clear(input.name.slice("rating.".length));
  });

  /** Back to not scored, which is neither zero nor "does not apply". @param {string} code */
  function clear(code) {
    if (lesson.isSigned() || !lesson.isMine()) return;
    lesson.observe({ [`rating.${code}`]: null });
    lines.get(code)?.inputs[0].focus({ preventScroll: true });
  }

  /** @param {string} code @param {boolean} isOpen @param {boolean} byHand */
  function showRemarks(code, isOpen, byHand) {
    const line = lines.get(code);
    if (!line) return;
    line.remarks.hidden = !isOpen;
    line.open.setAttribute("aria-expanded", String(isOpen));
    if (!byHand) return;
    moved();
    if (isOpen && !lesson.isSigned()) the("textarea", line.remarks).focus({ preventScroll: true });
  }

  /** @param {string[] | null} names */
  function draw(names) {
    const isClosed = lesson.isSigned() || !lesson.isMine();
    const touched = names === null || names.includes("status") ? lines.keys() : names.filter((name) => name.startsWith("rating.")).map((name) => name.slice(7));
    for (const code of touched) drawRating(code, isClosed);
    if (names === null || names.some((name) => /^(note|comment|attachment)\./.test(name))) drawEvidence();
  }

  /** @param {string} code @param {boolean} isClosed */
  function drawRating(code, isClosed) {
    const line = lines.get(code);
    if (!line) return;
    const rating = lesson.value(`rating.${code}`);
    line.item.dataset.state = rating === null ? "not-scored" : rating === "na" ? "not-applicable" : "scored";
    for (const input of line.inputs) {
      input.checked = rating !== null && input.value === String(rating);
      input.disabled = isClosed;
    }
  }

  function drawEvidence() {
    /** @type {Map<string, import("./lesson.js").NamedNote[]>} */
    const byCode = new Map();
    for (const note of lesson.evidence()) for (const code of note.tags) byCode.set(code, [...(byCode.get(code) ?? []), note]);
    for (const [code, { count, evidence }] of lines) {
      const about = byCode.get(code) ?? [];
      tell(count, remarksLabel(about.length, Boolean(lesson.value(`comment.${code}`))));
      const now = JSON.stringify(about);
      if ((shown.get(code) ?? "[]") === now) continue;
      shown.set(code, now);
      evidence.replaceChildren(...about.map((note) => make(
        "li", {}, make("time", { text: minuteOf(note.at_s) }), make("span", { text: note.text }),
      )));
    }
    drawLinks();
  }

  /** While a note is open, the same button links it instead. */
  function drawLinks() {
    const isOpen = notes.hasOpen();
    for (const [code, { note }] of lines) {
      const isTagged = isOpen && notes.isTagged(code);
      tell(note, say(isTagged ? "sheet.linked" : isOpen ? "sheet.link" : "sheet.note_here"));
      if (isOpen) note.setAttribute("aria-pressed", String(isTagged));
      else note.removeAttribute("aria-pressed");
    }
  }

  return {
    draw,
    drawLinks,
    showRemarks,
    openRemarks: () => [...lines].filter(([, { remarks }]) => !remarks.hidden).map(([code]) => code),
    /** @param {string} code */
    item: (code) => lines.get(code)?.item ?? null,
    /** @param {string} code */
    textOf: (code) => lines.get(code)?.item.querySelector(".indicator__text")?.textContent ?? code,
    /** The words of a level. @param {string} code @param {unknown} rating */
    labelOf: (code, rating) => {
      const input = lines.get(code)?.inputs.find(({ value }) => value === String(rating));
      const label = input?.nextElementSibling?.querySelector(".level__label")?.textContent?.trim() ?? "";
      return rating === "na" || !label ? label || String(rating) : `${rating}. ${label}`;
    },
  };
}

/** @param {number} notes @param {boolean} hasComment */
function remarksLabel(notes, hasComment) {
  if (notes && hasComment) return say("sheet.evidence_and_comment", { count: notes });
  if (notes) return say("sheet.evidence_count", { count: notes });
  return say(hasComment ? "sheet.has_comment" : "sheet.comment");
}
