// @ts-check
/** @typedef {import("./lesson.js").Lesson} Lesson */
import { LONGEST_LESSON_SECONDS, minuteAt } from "../minutes.js";
import { shortDay, timeOfDay } from "../moments.js";
import { say } from "../words.js";
import { tell, the } from "../elements.js";

/** The clock that always shows. @param {Lesson} lesson */
export function clock(lesson) {
  const face = the("#sheet-clock");
  const start = the("[data-start]", face);
  const [minutes, unit, wall] = ["[data-minutes]", "[data-unit]", "[data-wall]"].map((part) => the(part, face));
  start.addEventListener("click", () => lesson.observe({}));

  /** @param {string[] | null} [names] */
  function draw(names = null) {
    if (names !== null && !names.some((name) => name === "status" || name.endsWith("_at"))) return;
    const startedAt = lesson.value("started_at");
    face.dataset.state = startedAt ? "running" : "waiting";
    start.hidden = Boolean(startedAt) || lesson.isSigned() || !lesson.isMine();
    tell(wall, timeOfDay(Date.now(), lesson.zone));
    if (!startedAt) return;
    const seconds = secondsShown(lesson);
    tell(unit, say(seconds === null ? "sheet.begun" : "sheet.minute_before_number"));
    tell(minutes, seconds === null ? shortDay(startedAt, lesson.zone) : String(minuteAt(seconds)));
  }

  draw();
  setInterval(() => draw(), 1000);
  return { draw };
}

/** Null when it was another day. @param {Lesson} lesson @returns {number | null} */
function secondsShown(lesson) {
  const endedAt = lesson.value("ended_at");
  const seconds = endedAt && lesson.isSigned()
    ? Math.max(0, (Date.parse(endedAt) - Date.parse(lesson.value("started_at"))) / 1000)
    : lesson.elapsedSeconds();
  return seconds > LONGEST_LESSON_SECONDS ? null : seconds;
}
