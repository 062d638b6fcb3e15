// @ts-check
/** The one sentence that answers "did it save?", at the same place of every field page. */
import { here } from "./here.js";
import { tell, the } from "./elements.js";
import { failureWords, needsSomebody, sentence } from "./standing_words.js";
import { say } from "./words.js";
import { looked, onState, start, state } from "../exchange/exchange.js";

/** What this page wrote last: on its way to the disk, kept at a time, or failed with a DeviceError code. */
const page = { isKeeping: false, keptAt: /** @type {number | null} */ (null), failure: /** @type {string | null} */ (null) };
/** @type {Set<() => void>} */
const listeners = new Set();

let turn = 0;

/** Say that something is on its way to the disk. What failed before still failed. */
export function tellKeeping() {
  turn += 1;
  if (page.isKeeping) return;
  page.isKeeping = true;
  tellAll();
}

/** Say that the device has everything this page wrote, once it is known that it waits. */
export async function tellKept() {
  Object.assign(page, { keptAt: Date.now(), failure: null });
  const mine = turn;
  await looked();
  if (mine === turn) page.isKeeping = false; // else more is on its way already
  tellAll();
}

/** Say that the device could not keep it. @param {string} code a DeviceError code */
export function tellNotKept(code) {
  page.failure = code;
  tellAll();
}

/** Say what is true from here on, and exchange with the centre. @param {HTMLElement} root */
export async function stateLine(root) {
  const words = the("[role=status]", root);
  /** @type {string | undefined} */
  let zone;
  let isKnown = false;

  function draw() {
    root.dataset.problem = String(page.failure !== null || isKnown && needsSomebody(state()));
    if (page.failure !== null) tell(words, failureWords(page.failure));
    else if (page.isKeeping) tell(words, say("state.keeping"));
    else tell(words, isKnown ? sentence(state(), page.keptAt, zone) : say("state.ready"));
  }

  listeners.add(draw);
  draw();
  const found = await here().catch(() => undefined);
  if (found) {
    zone = found.schools[0]?.time_zone;
    onState(draw);
    start(found.store);
    isKnown = true;
  } else if (found === null) tell(words, say("state.nobody"));
}

function tellAll() {
  for (const hear of listeners) hear();
}
