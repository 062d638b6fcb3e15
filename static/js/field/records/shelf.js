// @ts-check
/**
 * An observer's own observations, latest first, and the states people look for.
 *
 * @typedef {import("../../local/view.js").RecordView} RecordView
 * @typedef {{who: string, form: string, zone: string | undefined}} Known
 * @typedef {Known & {view: RecordView, at: string, text: string}} Entry
 */
import { plain } from "../roster.js";

/** @param {RecordView[]} observations @param {string} me @param {(view: RecordView) => Known} know @returns {Entry[]} */
export function entries(observations, me, know) {
  return observations
    .filter(({ fields }) => fields.observer === me)
    .map((view) => {
      const known = know(view);
      const { class_name, subject, topic, started_at } = view.fields;
      const text = plain([known.who, known.form, class_name, subject, topic].filter(Boolean).join(" "));
      return { ...known, view, text, at: started_at ?? view.changed_at };
    })
    .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

/** @param {Entry[]} all @param {string} wanted @param {string} state @returns {Entry[]} */
export function matching(all, wanted, state) {
  const parts = plain(wanted).split(/\s+/).filter(Boolean);
  return all.filter(({ text, view }) => parts.every((each) => text.includes(each)) && isIn(view, state));
}

/** What became of it, in one word. @param {RecordView} view @returns {"draft" | "signed" | "read" | "agree" | "differ"} */
export function stateOf({ fields }) {
  if (fields.status !== "signed") return "draft";
  const stance = fields[`stance.${fields.teacher}`];
  if (stance === "agree" || stance === "differ") return stance;
  return fields[`read.${fields.teacher}`] ? "read" : "signed";
}

/** Where it is; what the centre did not take in is not simply "at the centre". @param {RecordView} view @returns {"tablet" | "centre" | "backed-up" | "held"} */
export function whereOf({ whereabouts, held }) {
  return whereabouts !== "tablet" && isUndecided(held) ? "held" : whereabouts;
}

/** @param {RecordView} view @param {string} state */
function isIn(view, state) {
  switch (state) {
    case "draft": return view.fields.status !== "signed";
    case "signed": return view.fields.status === "signed";
    case "read": return ["read", "agree", "differ"].includes(stateOf(view));
    case "waiting": return view.whereabouts === "tablet";
    case "attention": return view.conflicts.length > 0 || isUndecided(view.held);
    default: return true;
  }
}

/** @param {RecordView["held"]} held */
function isUndecided(held) {
  return held.some(({ verdict }) => verdict === null);
}
