// @ts-check
/** The one sentence that answers "did it save?", at the same place of every field page. */
import { here } from "./here.js";
import { failureWords, needsSomebody, sentence } from "./standing_words.js";
import { say } from "./words.js";
import { onState, start, state } from "../exchange/exchange.js";

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
    isKnown: false,

    async init() {
      this.sentence = say("state.ready");
      addEventListener(KEPT, () => { this.failure = null; this.keptAt = Date.now(); this.tell(); });
      addEventListener(NOT_KEPT, (event) => { this.failure = /** @type {CustomEvent} */ (event).detail; this.tell(); });
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
      this.hasProblem = this.failure !== null || this.isKnown && needsSomebody(state());
      if (this.failure !== null) this.sentence = failureWords(this.failure);
      else if (this.isKnown) this.sentence = sentence(state(), this.keptAt, this.zone);
    },
  };
}
