// @ts-check
/**
 * Whether a record on this device names a photo or recording. Every function works inside its caller's transaction.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./blobs.js").BlobRow} BlobRow
 * @typedef {{isNamed: boolean, isAwaited: boolean, isGone: boolean}} Naming `isAwaited`: the centre should get it;
 *   `isGone`: of its records nothing is here any more, so that nobody can say whether they still name it
 */

export const NAMING = ["blob", "record", "outbox", "held"];

/**
 * What stands, what waits to be sent, and what the centre holds: a held change may be released in a week. One that was
 * set aside is not waited for, and not forgotten either. @param {Shelves} shelf @param {BlobRow} row @returns {Promise<Naming>}
 */
export async function naming(shelf, { sha256, records }) {
  const found = { isNamed: false, isAwaited: false, isGone: true };
  for (const record of records) {
    const stands = await shelf("record").get(record);
    const heads = Object.values(stands?.heads ?? {}).flat().map(({ value }) => value);
    const waiting = (await shelf("outbox").index("record").getAll(record)).flatMap(({ change }) => Object.values(change.set));
    const held = await shelf("held").index("record").getAll(record);
    const names = (/** @type {any[]} */ values) => values.some((value) => value?.sha256 === sha256);
    const isHeld = held.some(({ set, verdict }) => verdict !== "set-aside" && names(Object.values(set)));
    if (names(heads) || names(waiting) || isHeld) found.isAwaited = true;
    if (found.isAwaited || held.some(({ set }) => names(Object.values(set)))) found.isNamed = true;
    if (stands || waiting.length || held.length) found.isGone = false;
  }
  return found;
}
