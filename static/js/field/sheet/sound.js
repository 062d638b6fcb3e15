// @ts-check
/**
 * A recording of the lesson: one at a time, on the disk as far as it has come, and never with a microphone that nobody
 * can see to be open.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {{data: ArrayBuffer, small: ArrayBuffer | null, type: string, at_s: number}} Made
 */
import { canLock, unlessHeld } from "../../lib/lock.js";
import { MOST_SECONDS, SO_FAR_MS, listen } from "../../lib/recorder.js";
import { say } from "../words.js";
import { the } from "../elements.js";

/**
 * @param {Lesson} lesson
 * @param {{add: (made: Made) => Promise<boolean>, said: (text: string) => void, isFull: (error: unknown) => boolean}} page
 *   `add` says whether it is kept
 */
export function sound(lesson, { add, said, isFull }) {
  const button = the("#record");
  const lock = `observe-recording-${lesson.record}`;
  const { blobs } = lesson.store;
  let isBusy = false; // from the first tap until it is kept; the browser may ask its person meanwhile
  let isWanted = false;
  /** @type {(() => void) | null} */
  let stop = null;
  /** @type {Promise<void> | null} */
  let recording = null;
  let rescuing = Promise.resolve();

  async function toggle() {
    if (stop) return stop();
    if (isBusy) return;
    isBusy = isWanted = true;
    await rescuing;
    const began = await unlessHeld(lock, record).catch(() => true);
    isBusy = false;
    if (!began) said(say("shot.listens_elsewhere"));
  }

  async function record() {
    const at_s = lesson.elapsedSeconds();
    let halves = Promise.resolve();
    const hear = (/** @type {{data: ArrayBuffer, type: string}} */ soFar) => {
      halves = halves.then(() => (stop ? blobs.keepHalf(lesson.record, { ...soFar, at_s }) : undefined))
        .catch((error) => { if (isFull(error)) stop?.(); }); // what there is may still fit
    };
    const listening = await listen(hear, () => isWanted).catch(() => null);
    if (!listening) return isWanted ? said(say("shot.no_microphone")) : undefined;
    stop = listening.stop;
    recording = untilOver(listening.sound, at_s, () => halves).finally(() => { recording = null; });
    await recording;
  }

  /** @param {Promise<{data: ArrayBuffer, type: string}>} whole @param {number} at_s @param {() => Promise<void>} halves */
  async function untilOver(whole, at_s, halves) {
    const began = Date.now();
    const count = () => said(say("shot.listening", { time: clockWords((Date.now() - began) / 1000), most: MOST_SECONDS / 60 }));
    const timer = setInterval(count, 1000);
    count();
    button.textContent = say("shot.stop");
    button.setAttribute("aria-pressed", "true");
    const made = await whole.finally(() => {
      clearInterval(timer);
      stop = null;
      button.textContent = say("shot.record");
      button.removeAttribute("aria-pressed");
    });
    await halves();
    if (made.data.byteLength === 0) said(say("shot.not_kept"));
    else if (await add({ ...made, small: null, at_s })) await blobs.keepHalf(lesson.record, null);
  }

  /** End it; null when nothing is being recorded. Whoever has not allowed the microphone yet is not waited for. @returns {Promise<void> | null} */
  function finish() {
    isWanted = false;
    stop?.();
    return recording;
  }

  /** The battery was empty, or the page was closed, in the middle of a recording. @returns {Promise<void>} */
  function rescue() {
    rescuing = unlessHeld(lock, takeHalf).then(() => {}, () => {}); // held: another window still makes it
    return rescuing;
  }

  async function takeHalf() {
    const half = await blobs.half(lesson.record);
    if (!half || lesson.isSigned() || !lesson.isMine()) return;
    if (!canLock() && Date.now() - Date.parse(half.at) < 3 * SO_FAR_MS) return;
    if (!await add({ data: half.data, type: half.type, at_s: half.at_s, small: null })) return;
    await blobs.keepHalf(lesson.record, null);
    said(say("shot.rescued"));
  }

  return { toggle, finish, rescue };
}

/** @param {number} seconds */
function clockWords(seconds) {
  return `${Math.floor(seconds / 60)}.${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
