// @ts-check
/**
 * Before signing: what is missing and what is bare. It lists; it never fills in and never forces.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("../../sync/scoring.js").Rubric} Rubric
 */
import { utc } from "../../lib/time.js";
import { calculation, score, shownPercent } from "../../sync/scoring.js";
import { longDay, timeOfDay } from "../moments.js";
import { language, say } from "../words.js";
import { every, make, tell, the } from "../elements.js";

/**
 * @param {Lesson} lesson @param {Rubric} rubric
 * @param {{textOf: (code: string) => string, nameOf: (person: string) => string, jumpTo: (code: string) => void, chooseTeacher: () => void,
 *   finishShots: () => Promise<void> | null}} page
 */
export function summary(lesson, rubric, page) {
  const root = the("#summary");
  const problem = the("#sign-problem");
  const part = (/** @type {string} */ name) => the(`[data-${name}]`, root);
  part("sign").addEventListener("click", sign);
  part("reopen").addEventListener("click", () => lesson.change({ status: "draft", signed_at: null, ...askedAnew(lesson) }));
  root.addEventListener("click", ({ target }) => {
    const code = target instanceof Element ? target.closest("button")?.dataset.code : undefined;
    if (code) page.jumpTo(code);
  });

  function draw() {
    const made = score(rubric, lesson.ratings());
    tell(part("percent"), made.percent === null ? "–" : shownPercent(rubric, made.percent, language()));
    tell(part("band"), made.band ? made.band.label[language()] : "");
    tell(part("sum"), calculation(rubric, made, language()));
    tell(part("counted"), say("summary.counted", { scored: made.scored, na: made.not_applicable.length, missing: made.not_scored.length }));
    tell(part("missing-line"), made.not_scored.length
      ? say("summary.missing", { count: made.not_scored.length })
      : say("summary.nothing_missing"));
    part("missing").replaceChildren(...made.not_scored.map(jump));
    const bare = lowWithoutEvidence(rubric, lesson);
    the("#summary-bare").hidden = bare.length === 0;
    tell(part("bare-line"), say("summary.bare", { count: bare.length }));
    part("bare").replaceChildren(...bare.map(jump));
    drawSigned();
  }

  function drawSigned() {
    const isSigned = lesson.isSigned();
    for (const each of every("[data-when]", root)) each.hidden = (each.dataset.when === "signed") !== isSigned;
    part("sign").hidden = !lesson.isMine();
    part("reopen").hidden = !lesson.isMine();
    if (lesson.value("teacher")) problem.hidden = true;
    const at = lesson.value("signed_at");
    if (isSigned && at) tell(part("signed-line"), say("summary.signed", { day: longDay(at, lesson.zone), time: timeOfDay(at, lesson.zone), who: page.nameOf(lesson.value("observer")) }));
  }

  /** @param {string} code */
  function jump(code) {
    const go = make("button", { data: { code } }, make("strong", { text: code }), make("span", { text: page.textOf(code) }));
    go.setAttribute("type", "button");
    return make("li", {}, go);
  }

  async function sign() {
    if (!isReady()) return;
    await page.finishShots(); // what is attached after the signature would be held
    if (!isReady() || lesson.isSigned()) return;
    const at = utc();
    const visit = lesson.value("visit");
    lesson.change({ status: "signed", signed_at: at, ended_at: lesson.value("ended_at") ?? at });
    if (visit) lesson.write(`visit/${visit}`, { status: "done" });
    await lesson.flush().catch(() => {});
    the("#summary-sign").scrollIntoView({ block: "nearest" });
  }

  /** Says what is in the way. @returns {boolean} */
  function isReady() {
    const problems = unready();
    problem.hidden = problems === null;
    if (problems === null) return true;
    tell(problem, problems);
    if (!lesson.value("teacher")) page.chooseTeacher();
    return false;
  }

  /** What makes signing meaningless, or null. */
  function unready() {
    if (!lesson.value("teacher")) return say("summary.choose_teacher");
    if (Object.keys(lesson.choices()).length) return say("summary.decide_first");
    return null;
  }

  return { draw };
}

/** A teacher who read it and agreed did so with what stood there: she is asked again. Her own words stay. @param {Lesson} lesson */
function askedAnew(lesson) {
  const said = Object.keys(lesson.fields()).filter((name) => /^(?:read|stance)\./.test(name));
  return Object.fromEntries(said.map((name) => [name, null]));
}

/** Rated in the lower half of its scale with no note and no comment. @param {Rubric} rubric @param {Lesson} lesson @returns {string[]} */
export function lowWithoutEvidence(rubric, lesson) {
  const ratings = lesson.ratings();
  const shown = new Set(lesson.evidence().flatMap(({ tags }) => tags));
  return rubric.areas.flatMap(({ indicators }) => indicators).filter(({ code, scale }) => {
    const levels = rubric.scales[scale].levels;
    const middle = (levels[0].value + levels[levels.length - 1].value) / 2;
    const rating = ratings[code];
    return typeof rating === "number" && rating < middle && !shown.has(code) && !lesson.value(`comment.${code}`);
  }).map(({ code }) => code);
}
