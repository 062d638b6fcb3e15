// @ts-check
/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("../../sync/scoring.js").Rubric} Rubric */
import { every, tell, the } from "../elements.js";

/** How far each area is: scored or not applicable, of all. @param {Lesson} lesson @param {Rubric} rubric */
export function progress(lesson, rubric) {
  const links = new Map(every("[data-area]").map((link) => [link.dataset.area ?? "", {
    count: the("[data-count]", link),
    bar: /** @type {HTMLProgressElement} */ (the("progress", link)),
  }]));
  const scored = the("[data-scored]");
  const notes = the("[data-notes]");

  /** @param {string[] | null} names */
  function draw(names) {
    if (names !== null && !names.some((name) => name.startsWith("rating.") || name.startsWith("note.") || name.startsWith("attachment."))) return;
    const ratings = lesson.ratings();
    let done = 0;
    let all = 0;
    for (const { code, indicators } of rubric.areas) {
      const answered = indicators.filter((each) => Object.hasOwn(ratings, each.code)).length;
      const shown = links.get(code);
      if (shown) {
        tell(shown.count, `${answered}/${indicators.length}`);
        shown.bar.value = answered;
      }
      done += answered;
      all += indicators.length;
    }
    tell(scored, `${done}/${all}`);
    const count = lesson.evidence().length;
    tell(notes, count ? String(count) : "");
  }

  return { draw };
}
