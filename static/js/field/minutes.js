// @ts-check
/** The minute of a lesson, counted alike on the sheet, in the feedback and on paper: the first sixty seconds are minute 1. */
import { say } from "./words.js";

/** After this long it is no longer the lesson; the day it was is more useful than its minutes. */
export const LONGEST_LESSON_SECONDS = 4 * 3600;

/** @param {number} seconds since the lesson began @returns {number} */
export function minuteAt(seconds) {
  return Math.floor(seconds / 60) + 1;
}

/** "Menit 12", or that it was written afterwards. @param {number} seconds @returns {string} */
export function minuteOf(seconds) {
  return seconds > LONGEST_LESSON_SECONDS ? say("sheet.afterwards") : say("sheet.minute", { minute: minuteAt(seconds) });
}
