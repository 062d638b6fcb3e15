// @ts-check
/**
 * What is safe and where, as one sentence, and why nothing goes out just now. It says "kept" only after the device has
 * it on its disk, and "arrived" only after the centre said so.
 *
 * @typedef {import("../exchange/engine.js").State} State
 */
import { sinceWhen, timeOfDay } from "./moments.js";
import { say } from "./words.js";

const PROBLEMS = ["offline", "portal", "signed-out", "not-paired", "revoked", "fork", "server", "too-old", "too-large", "refused", "storage"];
const PASSING = ["offline", "server"];
const FAILURES = ["full", "closed", "newer", "blocked", "missing", "unpaired"];

/** Something a person has to do; a missing network is not. @param {State} state */
export function needsSomebody({ problem, held, clockOffsetMinutes }) {
  return problem !== null && !PASSING.includes(problem) || held > 0 || clockOffsetMinutes !== null;
}

/** @param {State} state @param {number | null} keptAt when this page last kept something @param {string} [zone] @returns {string} */
export function sentence(state, keptAt, zone) {
  const said = state.waiting > 0 && state.since ? waiting(state, keptAt, zone) : resting(state, keptAt, zone);
  const held = state.held > 0 ? say("state.held", { count: state.held }) : "";
  const photos = state.photos > 0 ? say("state.photos", { count: state.photos }) : "";
  const noRoom = photos && state.photoProblem === "no-room" ? say("state.photos_no_room") : "";
  const clock = state.clockOffsetMinutes === null ? "" : clockWords(state.clockOffsetMinutes);
  return [said, photos, noRoom, held, clock].filter(Boolean).join(" ");
}

/** Why nothing goes out just now. @param {string} problem @returns {string} */
export function problemWords(problem) {
  return say(`state.problem.${PROBLEMS.includes(problem) ? problem : "other"}`);
}

/** The device could not keep it. @param {string} code a DeviceError code @returns {string} */
export function failureWords(code) {
  return say(`state.failed.${FAILURES.includes(code) ? code : "failed"}`);
}

/** @param {State} state @param {number | null} keptAt @param {string} [zone] */
function waiting(state, keptAt, zone) {
  const kept = keptAt ? say("state.kept_at", { time: timeOfDay(keptAt, zone) }) : say("state.kept");
  const waits = say("state.waiting", { count: state.waiting, since: sinceWhen(/** @type {string} */ (state.since), zone) });
  const why = state.isExchanging ? say("state.sending") : state.problem ? problemWords(state.problem) : "";
  return [kept, waits, why].filter(Boolean).join(" ");
}

/** Nothing waits. @param {State} state @param {number | null} keptAt @param {string} [zone] */
function resting(state, keptAt, zone) {
  const why = state.problem === "offline" ? say("state.problem.offline_idle") : state.problem ? problemWords(state.problem) : "";
  if (!state.firstPullComplete) return [say(state.problem ? "state.never_fetched" : "state.fetching"), why].filter(Boolean).join(" ");
  if (!state.arrivedAt) return [keptAt ? say("state.kept_at", { time: timeOfDay(keptAt, zone) }) : say("state.ready"), why].filter(Boolean).join(" ");
  const arrived = say(state.isBackedUp ? "state.arrived" : "state.arrived_unsaved", { time: sinceWhen(state.arrivedAt, zone) });
  return [arrived, why].filter(Boolean).join(" ");
}

/** How far the clock is off, in a number a person can use. @param {number} minutes @returns {string} */
function clockWords(minutes) {
  const off = Math.abs(minutes);
  if (off < 120) return say("state.clock.minutes", { count: off });
  if (off < 48 * 60) return say("state.clock.hours", { count: Math.round(off / 60) });
  return say("state.clock.days", { count: Math.round(off / 1440) });
}
