// @ts-check
/** The one sentence that answers "did it save?", at the same place of every field page. */
import { here } from "./here.js";
import { failureWords, needsSomebody, sentence } from "./standing_words.js";
import { say } from "./words.js";
import { look, onState, start, state } from "../exchange/exchange.js";

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
  await look();
  if (mine === turn) page.isKeeping = false; // else more is on its way already
  tellAll();
}

/** Say that the device could not keep it. @param {string} code a DeviceError code */
export function tellNotKept(code) {
  page.failure = code;
  tellAll();
}

export function stateLine() {
  return {
    sentence: "",
    hasProblem: false,
    /** @type {string | undefined} */ zone: undefined,
    isKnown: false,

    async init() {
      this.sentence = say("state.ready");
      listeners.add(() => this.tell());
      this.tell();
      const found = await here().catch(() => undefined);
      if (!found) {
        if (found === null) this.sentence = say("state.nobody");
        return;
      }
      this.zone = found.schools[0]?.time_zone;
      onState(() => this.tell());
      start(found.store);
      this.isKnown = true;
    },

    tell() {
      this.hasProblem = page.failure !== null || this.isKnown && needsSomebody(state());
      if (page.failure !== null) this.sentence = failureWords(page.failure);
      else if (page.isKeeping) this.sentence = say("state.keeping");
      else if (this.isKnown) this.sentence = sentence(state(), page.keptAt, this.zone);
    },
  };
}

function tellAll() {
  for (const hear of listeners) hear();
}
