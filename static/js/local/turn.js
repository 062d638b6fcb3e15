// @ts-check
/**
 * Writing without reading first: on a slow tablet a look at the disk waits until the page has been painted. Every
 * transaction that changes what an edit may stand on takes the next turn. Who knows what was true at turn t may write upon
 * that and claim turn t + 1: the disk refuses a turn that somebody has taken, and everything written with it.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 */

/** Turns that are remembered as taken; and how long somebody may rely on one, so that no more can have passed meanwhile. */
const REMEMBERED = 20_000;
const VALID_MS = 60_000;

/** The turn that was taken last. @param {Shelves} shelf @returns {Promise<number>} */
export async function lastTurn(shelf) {
  return (await shelf("turn").openKeyCursor(null, "prev"))?.key ?? 0;
}

/** Take the turn after `last`. Not waited for: refused, the transaction fails. @param {Shelves} shelf @param {number} last */
export function takeTurn(shelf, last) {
  shelf("turn").add(true, last + 1).catch(() => {});
}

/** Forget turns that nobody can rely on any more. @param {Shelves} shelf @param {number} last */
export function forgetTurns(shelf, last) {
  shelf("turn").delete(IDBKeyRange.upperBound(last - REMEMBERED)).catch(() => {});
}

/** Whether what was true then may still be written upon. @param {number} thenMs @param {number} nowMs */
export function isRecent(thenMs, nowMs) {
  return nowMs >= thenMs && nowMs - thenMs < VALID_MS;
}
