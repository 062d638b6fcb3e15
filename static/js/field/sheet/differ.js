// @ts-check
/**
 * Two answers for one thing: both are shown with who and when, and the person chooses.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("../../sync/record.js").Head} Head
 * @typedef {{nameOf: (person: string) => string, labelOf: (code: string, rating: unknown) => string, item: (code: string) => HTMLElement | null}} Names
 */
import { same } from "../../sync/record.js";
import { longDay, timeOfDay } from "../moments.js";
import { say } from "../words.js";
import { button, every, make, the } from "../elements.js";

/** @param {Lesson} lesson @param {Names} names */
export function differences(lesson, names) {
  let shown = "";

  function draw() {
    const choices = lesson.choices();
    const now = JSON.stringify(Object.entries(choices).map(([name, heads]) => [name, heads.map(({ id }) => id)]));
    if (now === shown) return;
    shown = now;
    for (const old of every(".differ")) old.remove();
    const levelsFirst = Object.keys(choices).sort((one, other) => Number(other.startsWith("rating.")) - Number(one.startsWith("rating.")));
    for (const name of levelsFirst) placeOf(name)(question(name, choices[name]));
  }

  /** @param {string} name @param {Head[]} heads */
  function question(name, heads) {
    const answers = heads.filter((head, at) => heads.findIndex((other) => same(other.value, head.value)) === at);
    const made = make("section", { class: "differ" }, make("p", { text: `${titleOf(name)} ${say("differ.explain")}` }), ...answers.map((head) => answer(name, head)));
    made.setAttribute("aria-label", say("differ.title"));
    return made;
  }

  /** @param {string} name @param {Head} head */
  function answer(name, head) {
    const who = head.by === lesson.person.person ? say("differ.you") : names.nameOf(head.by);
    const when = `${longDay(head.at, lesson.zone)}, ${timeOfDay(head.at, lesson.zone)}`;
    const use = button(say("differ.use"), "button", () => { lesson.change({ [name]: head.value }); lesson.flush().then(lesson.refresh, () => {}); });
    const value = make("span", { class: "differ__value", text: valueOf(name, head.value) });
    return make("div", { class: "differ__choice" }, make("p", {}, value, make("span", { class: "differ__who", text: say("differ.who", { who, when }) })), use);
  }

  /** @param {string} name */
  function titleOf(name) {
    const [kind, code] = name.split(".");
    if (kind === "comment") return say("differ.about_comment");
    if (kind === "note") return say("differ.about_note");
    if (kind === "attachment") return say("differ.about_shot");
    if (kind === "rating") return code;
    return "";
  }

  /** @param {string} name @param {any} value @returns {string} */
  function valueOf(name, value) {
    if (value === null) return say("differ.cleared");
    const [kind, code] = name.split(".");
    if (kind === "rating") return names.labelOf(code, value);
    if (kind === "note") return value.text;
    if (kind === "attachment") return [value.caption, ...value.tags].filter(Boolean).join(" · ") || say("shot.photo");
    if (kind === "teacher") return names.nameOf(value);
    if (kind === "status") return say(value === "signed" ? "differ.signed" : "differ.draft");
    if (name.endsWith("_at")) return `${longDay(value, lesson.zone)}, ${timeOfDay(value, lesson.zone)}`;
    return String(value);
  }

  /** Where the question belongs. @param {string} name @returns {(made: HTMLElement) => void} */
  function placeOf(name) {
    const [kind, code] = name.split(".");
    const item = code ? names.item(code) : null;
    if (item) return (made) => the(".levels", item).before(made);
    if (kind === "note") return (made) => the("#stream").before(made);
    if (kind === "attachment") return (made) => the("#shots").before(made);
    const input = document.getElementById(name);
    if (input && input.closest(".summary")) return (made) => input.closest(".entry")?.append(made);
    return (made) => the("#sheet-notices").append(made);
  }

  return { draw };
}
