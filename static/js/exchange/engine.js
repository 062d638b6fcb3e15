// @ts-check
/**
 * When to exchange, and the honest state to show.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("./round.js").Problem} Problem
 *
 * @typedef {object} State
 * @property {number} waiting records with something the centre has not acknowledged
 * @property {number} changes changes that wait
 * @property {string | null} since when the oldest of them was made
 * @property {string | null} arrivedAt when the centre last had everything
 * @property {Problem | "storage" | null} problem what is in the way; everything is kept meanwhile
 * @property {string | null} retryAt when the next attempt comes by itself
 * @property {boolean} isExchanging
 * @property {boolean} firstPullComplete
 * @property {boolean} isBackedUp nothing of ours waits for a backup at the centre
 * @property {number} held changes of ours the centre keeps but did not apply, not yet decided
 * @property {number | null} clockOffsetMinutes how far this device's clock is off, when that is more than ten minutes
 * @property {number} photos photos and recordings the centre does not have yet
 * @property {Problem | "storage" | "no-room" | null} photoProblem what is in their way; words go on as ever
 * @property {boolean | null} isPersistent whether the browser promised not to throw the records away; null: not asked
 *
 * @typedef {{
 *   fetch: typeof fetch, nowMs: () => number, random: () => number,
 *   later: (work: () => void, ms: number) => any, never: (timer: any) => void,
 *   alone: (person: string, work: () => Promise<void>) => Promise<boolean>, isVisible: () => boolean,
 * }} World
 */
import { waitAfter } from "../lib/backoff.js";
import { utc } from "../lib/time.js";
import { FIRST_PIECE, sendBlobs } from "./blobs.js";
import { LARGEST, exchangeAll } from "./round.js";

const AFTER_SAVE_MS = 1_000;
const IDLE_MS = 60_000;
const OTHER_TAB_MS = 3_000;
/** @type {(Problem | "storage" | null)[]} */
const SELDOM = ["signed-out", "revoked", "fork", "too-old", "too-large", "refused", "not-paired"];
const SELDOM_MS = 5 * 60_000;
/** @type {(Problem | "storage" | null)[]} */
const STANDINGS = ["signed-out", "revoked", "fork", "not-paired"];

/** @type {State} */
export const UNKNOWN = {
  waiting: 0, changes: 0, since: null, arrivedAt: null, problem: null, retryAt: null, isExchanging: false,
  firstPullComplete: false, isBackedUp: false, held: 0, photos: 0, photoProblem: null, clockOffsetMinutes: null, isPersistent: null,
};

/** @param {Store} store @param {World} world @param {(state: State) => void} tell */
export function engine(store, world, tell) {
  let state = UNKNOWN;
  let size = LARGEST;
  let failures = 0;
  let piece = FIRST_PIECE;
  let photoFailures = 0;
  let photosAfterMs = 0;
  let isStopped = false;
  /** @type {Promise<void> | null} */
  let running = null;
  /** @type {{at: number, timer: any} | null} */
  let due = null;
  let looked = Promise.resolve();
  const quiet = store.onChange(() => { void look().then(hurry); });

  /** @param {Partial<State>} news */
  function set(news) {
    state = { ...state, ...news };
    if (!isStopped) tell(state);
  }

  /** Read what the device knows; the numbers shown are never remembered ones. @returns {Promise<void>} */
  function look() {
    looked = lookNow();
    return looked;
  }

  async function lookNow() {
    try {
      const known = await store.standing();
      const isPairedAnew = known.pairing !== null && known.standing === null && STANDINGS.includes(state.problem);
      if (isPairedAnew) schedule(0);
      set({
        waiting: known.waiting.records,
        changes: known.waiting.changes,
        since: known.waiting.since,
        arrivedAt: known.arrivedAt,
        firstPullComplete: known.firstPullComplete,
        isBackedUp: known.waiting.changes === 0 && known.notBackedUp === 0,
        held: known.heldCount,
        photos: known.photos,
        clockOffsetMinutes: known.clockOffsetMinutes,
        problem: isPairedAnew ? null : state.problem ?? known.standing,
      });
    } catch {
      set({ problem: "storage" });
    }
  }

  /** Something new waits: send it soon, unless the line is known to be down. */
  function hurry() {
    if (state.changes > 0 && !running && failures === 0) schedule(AFTER_SAVE_MS);
  }

  /** @param {number} ms */
  function schedule(ms) {
    const at = world.nowMs() + ms;
    if (isStopped || due && due.at <= at && due.at >= world.nowMs()) return;
    if (due) world.never(due.timer);
    due = { at, timer: world.later(() => { due = null; void now(); }, ms) };
  }

  /** Exchange now; settles when this attempt is over, whatever came of it. @returns {Promise<void>} */
  function now() {
    if (isStopped) return Promise.resolve();
    running ??= attempt().finally(() => {
      running = null;
    });
    return running;
  }

  async function attempt() {
    if (due) world.never(due.timer);
    due = null;
    const ran = await world.alone(store.person, exchangeOnce);
    if (!ran) schedule(OTHER_TAB_MS);
  }

  async function exchangeOnce() {
    set({ isExchanging: true });
    /** @type {{problem: State["problem"], retryAfterMs: number | null}} */
    let finished = { problem: "storage", retryAfterMs: null };
    try {
      const result = await exchangeAll(store, world, size);
      size = result.size;
      finished = result;
    } catch (thrown) {
      console.error("exchange", thrown);
    }
    failures = finished.problem === null ? 0 : failures + 1;
    if (finished.problem === null) await exchangePhotos();
    set({ isExchanging: false, problem: finished.problem });
    await look();
    plan(finished);
  }

  /** What was written has arrived; now the photos that it names. Whatever becomes of them, the words are safe. */
  async function exchangePhotos() {
    if (world.nowMs() < photosAfterMs) return;
    await look();
    const sent = await sendBlobs(store, world, piece).catch((thrown) => {
      console.error("photos", thrown);
      return { problem: /** @type {const} */ ("storage"), retryAfterMs: null, hasMoved: false, size: piece };
    });
    piece = sent.size;
    photoFailures = sent.problem === null ? 0 : sent.hasMoved ? 1 : photoFailures + 1; // a bad line that brings it on is no dead one
    set({ photoProblem: sent.problem });
    if (sent.problem === null) return;
    const wait = Math.max(sent.retryAfterMs ?? 0, isPassing(sent.problem) ? waitAfter(photoFailures, world.random) : SELDOM_MS);
    if (!isPassing(sent.problem)) photosAfterMs = world.nowMs() + wait;
    schedule(wait);
  }

  /** @param {{problem: State["problem"], retryAfterMs: number | null}} finished */
  function plan({ problem, retryAfterMs }) {
    const usual = problem === null ? (state.changes > 0 ? AFTER_SAVE_MS : IDLE_MS)
      : SELDOM.includes(problem) ? SELDOM_MS : waitAfter(failures, world.random);
    const wait = Math.max(usual, retryAfterMs ?? 0);
    if (problem !== null || state.changes > 0 || world.isVisible()) schedule(wait); // else looking at the page wakes it
    set({ retryAt: problem === null ? null : utc(world.nowMs() + wait) });
  }

  /** @param {State["photoProblem"]} problem */
  function isPassing(problem) {
    return problem !== "no-room" && !SELDOM.includes(/** @type {State["problem"]} */ (problem));
  }

  function stop() {
    isStopped = true;
    quiet();
    if (due) world.never(due.timer);
  }

  return { now, look, looked: () => looked, stop, state: () => state };
}
