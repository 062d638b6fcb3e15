// @ts-check
/**
 * The one sentence that answers "did it save?". It says "kept" only after the tablet has it on its disk, and "arrived"
 * only after the centre said so.
 *
 * @typedef {{waiting: number, since: string | null, arrivedAt: string | null, problem: string | null}} Standing
 */
import { here } from "./here.js";
import { sinceWhen, timeOfDay } from "./moments.js";
import { say } from "./words.js";
import { exchangeNow, onState, start, state } from "../exchange/exchange.js";

export const KEPT = "observe:kept";
export const NOT_KEPT = "observe:not-kept";

/** Say that the tablet has it. */
export function tellKept() {
  dispatchEvent(new CustomEvent(KEPT));
}

/** Say that the tablet could not keep it. @param {string} code a DeviceError code */
export function tellNotKept(code) {
  dispatchEvent(new CustomEvent(NOT_KEPT, { detail: code }));
}

export function stateLine() {
  return {
    sentence: "",
    hasProblem: false,
    /** @type {string | null} */ failure: null,
    /** @type {number | null} */ keptAt: null,
    /** @type {string | undefined} */ zone: undefined,

    async init() {
      this.sentence = say("state.ready");
      addEventListener(KEPT, () => { this.failure = null; this.keptAt = Date.now(); this.tell(); });
      addEventListener(NOT_KEPT, (event) => { this.failure = /** @type {CustomEvent} */ (event).detail; this.tell(); });
      const found = await here().catch(() => null);
      if (!found) return;
      this.zone = found.schools[0]?.time_zone;
      onState(() => this.tell());
      start(found.store);
      this.tell();
    },

    tell() {
      const standing = /** @type {Standing} */ (state());
      this.hasProblem = this.failure !== null || isProblem(standing);
      this.sentence = this.failure !== null ? failed(this.failure) : sentence(standing, this.keptAt, this.zone);
    },

    send() {
      exchangeNow();
    },
  };
}

/** Something a person has to do; a missing network is not. @param {Standing} standing */
export function isProblem(standing) {
  return standing.waiting > 0 && standing.problem !== null && standing.problem !== "offline" && standing.problem !== "server";
}

/** @param {Standing} standing @param {number | null} keptAt @param {string} [zone] @returns {string} */
export function sentence(standing, keptAt, zone) {
  if (standing.waiting > 0 && standing.since) {
    const kept = keptAt ? say("state.kept_at", { time: timeOfDay(keptAt, zone) }) : say("state.kept");
    const waits = say("state.waiting", { count: standing.waiting, since: sinceWhen(standing.since, zone) });
    const why = standing.problem && standing.problem !== "offline" ? ` ${problem(standing.problem)}` : "";
    return `${kept} ${waits}${why}`;
  }
  if (standing.arrivedAt) return say("state.arrived", { time: sinceWhen(standing.arrivedAt, zone) });
  return keptAt ? say("state.kept_at", { time: timeOfDay(keptAt, zone) }) : say("state.ready");
}

/** @param {string} name */
function problem(name) {
  const known = ["portal", "signed-out", "revoked", "server", "too-old", "storage"];
  return say(`state.problem.${known.includes(name) ? name : "other"}`);
}

/** @param {string} code */
function failed(code) {
  const known = ["full", "closed", "newer", "blocked", "missing", "unpaired"];
  return say(`state.failed.${known.includes(code) ? code : "failed"}`);
}
