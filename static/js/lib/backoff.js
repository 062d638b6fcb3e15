// @ts-check

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;

/**
 * How long to wait after the `failures`-th failure in a row: anything from nothing to the doubled step ("full
 * jitter"), so that thirty tablets that lost one router do not come back in the same second.
 * @param {number} failures @param {() => number} [random] @returns {number} milliseconds
 */
export function waitAfter(failures, random = Math.random) {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(random() * step);
}
