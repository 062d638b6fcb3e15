// @ts-check
/**
 * Exchange with the centre: on save, when the line comes back, when the page is looked at, and on a timer.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("./engine.js").State} State
 */
import { alone } from "./alone.js";
import { UNKNOWN, engine } from "./engine.js";
import { watch } from "./shells.js";

/** @type {ReturnType<typeof engine> | null} */
let running = null;
/** @type {Set<(state: State) => void>} */
const listeners = new Set();
let isPersistent = /** @type {boolean | null} */ (null);
let stopListening = () => {};

/** Start exchanging for this person; whoever was exchanging before stops. @param {Store} store */
export function start(store) {
  stop();
  running = engine(store, world(), tell);
  const wake = () => { if (document.visibilityState === "visible") void running?.now(); };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  stopListening = () => {
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  };
  void askToStay();
  watch(store, () => state().isExchanging);
  void running.look().then(() => running?.now());
}

/** Stop exchanging; nothing that waits is lost. */
export function stop() {
  stopListening();
  running?.stop();
  running = null;
}

/** Exchange now. Settles when the attempt is over; what came of it is in `state()`. @returns {Promise<State>} */
export async function exchangeNow() {
  await running?.now();
  return state();
}

/** What was kept before this is asked for is in `state()` when it settles: each keeping makes the engine look. @returns {Promise<void>} */
export async function looked() {
  await running?.looked();
}

/** What is true now. @returns {State} */
export function state() {
  return { ...(running?.state() ?? UNKNOWN), isPersistent };
}

/** Hear every change of the state, beginning with what it is now. @param {(state: State) => void} hear @returns {() => void} */
export function onState(hear) {
  listeners.add(hear);
  hear(state());
  return () => listeners.delete(hear);
}

function tell() {
  for (const hear of listeners) hear(state());
}

/** Ask the browser never to clear these records by itself. */
async function askToStay() {
  isPersistent = (await navigator.storage?.persist?.().catch(() => false)) ?? null;
  tell();
}

/** @returns {import("./engine.js").World} */
function world() {
  return {
    fetch: (...request) => fetch(...request),
    nowMs: Date.now,
    random: Math.random,
    later: (work, ms) => setTimeout(work, ms),
    never: (timer) => clearTimeout(timer), // a bare clearTimeout refuses to be called on another object
    alone,
    isVisible: () => document.visibilityState === "visible",
  };
}
