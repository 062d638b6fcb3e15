// @ts-check
/**
 * What a day asks of somebody, from the records on her device.
 *
 * @typedef {import("../../local/view.js").RecordView} RecordView
 * @typedef {object} Plan
 * @property {RecordView | null} next the visit to get ready for
 * @property {RecordView[]} visits the others that are planned, those that were missed first
 * @property {RecordView[]} drafts observations begun and not signed, the latest first
 * @property {RecordView[]} promises open steps she follows up, the earliest due first
 * @property {RecordView[]} mine open steps she promised herself
 * @property {RecordView[]} news feedback for her that she has not said she has read
 */

const STILL_GOING_MS = 2 * 3_600_000; // a lesson, and the walk to it

/**
 * @param {string} me @param {{visits: RecordView[], observations: RecordView[], steps: RecordView[]}} known @param {number} nowMs
 * @returns {Plan}
 */
export function plan(me, { visits, observations, steps }, nowMs) {
  const begun = new Set(observations.map((view) => view.fields.visit));
  const planned = visits
    .filter(({ record, fields }) => fields.observer === me && fields.status === "planned" && !begun.has(record.slice("visit/".length)))
    .sort(by((view) => view.fields.planned_at ?? ""));
  const next = planned.find((view) => !isMissed(view, nowMs)) ?? null;
  const open = steps.filter((view) => view.fields.status === "open").sort(by((view) => view.fields.due_on ?? "9999"));
  return {
    next,
    visits: planned.filter((view) => view !== next),
    drafts: observations.filter(({ fields }) => fields.observer === me && fields.status !== "signed").sort(by(startedAt)).reverse(),
    promises: open.filter(({ fields }) => fields.observer === me),
    mine: open.filter(({ fields }) => fields.teacher === me && fields.observer !== me),
    news: observations.filter(({ fields }) => isFor(me, fields) && !fields[`read.${me}`]).sort(by(signedAt)).reverse(),
  };
}

/** Planned for a time that has gone by. @param {RecordView} view @param {number} nowMs */
export function isMissed(view, nowMs) {
  return Date.parse(view.fields.planned_at ?? "") < nowMs - STILL_GOING_MS;
}

/** Whether this is feedback to her, from somebody else. @param {string} me @param {Record<string, any>} fields */
export function isFor(me, fields) {
  return fields.teacher === me && fields.status === "signed";
}

/** @param {RecordView} view @returns {string} */
export function signedAt({ fields }) {
  return fields.signed_at ?? fields.ended_at ?? fields.started_at ?? "";
}

/** @param {RecordView} view @returns {string} */
export function startedAt({ fields, changed_at }) {
  return fields.started_at ?? changed_at;
}

/** @param {(view: RecordView) => string} key @returns {(one: RecordView, other: RecordView) => number} */
export function by(key) {
  return (one, other) => {
    const [before, after] = [key(one), key(other)];
    return before < after ? -1 : before > after ? 1 : 0;
  };
}
