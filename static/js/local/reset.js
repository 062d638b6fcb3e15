// @ts-check
/**
 * What to do when the other side remembers less than we do. Every function works inside its caller's transaction.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").KeptRow} KeptRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 */
import { goingOnFrom } from "./shelves.js";

/**
 * The centre is of another history: offer again everything still here, then read it from the start.
 * @param {Shelves} shelf @param {string} now
 */
export async function offerAgain(shelf, now) {
  for (const row of await shelf("kept").getAll()) await takeBack(shelf, row, now);
  await shelf("meta").delete("cursor");
  await shelf("meta").put(((await shelf("meta").get("reading")) ?? 0) + 1, "reading");
  const isAnything = (await shelf("outbox").getAll()).some((row) => row.again);
  if (isAnything) await shelf("meta").put(true, "offering");
}

/**
 * The centre lacks a number: take back what it acknowledged from there on.
 * @param {Shelves} shelf @param {string} replica @param {number} n @param {string} now
 * @returns {Promise<boolean>} whether the number asked for is still here
 */
export async function goBackTo(shelf, replica, n, now) {
  for (const row of await shelf("kept").getAll(goingOnFrom(replica, n))) await takeBack(shelf, row, now);
  return (await shelf("outbox").getKey([replica, n])) !== undefined;
}

/** @param {Shelves} shelf @param {KeptRow} row @param {string} now */
async function takeBack(shelf, { replica, n, record, body }, now) {
  await shelf("outbox").put({ replica, n, record, body, change: JSON.parse(body), since: now, again: true });
  await shelf("kept").delete([replica, n]);
}

/**
 * This device's replica is no longer its own: what was never acknowledged goes on under the new one.
 * @param {Shelves} shelf @param {Pairing} pairing
 */
export async function reissue(shelf, pairing) {
  /** @type {OutboxRow[]} */
  const rows = await shelf("outbox").getAll();
  /** @type {Map<string, string>} */
  const renamed = new Map();
  let n = 0;
  for (const row of rows) {
    if (row.replica === pairing.replica) continue;
    renamed.set(row.change.id, `${pairing.replica}.${++n}`);
  }
  for (const row of rows) if (row.replica !== pairing.replica) await shelf("outbox").delete([row.replica, row.n]);
  for (const row of rows) {
    const id = renamed.get(row.change.id);
    if (!id) continue;
    const change = { ...row.change, id, by: pairing.person, seen: renameAll(row.change.seen, renamed) };
    await shelf("outbox").put({ ...row, replica: pairing.replica, n: Number(id.slice(id.lastIndexOf(".") + 1)), change, body: null });
  }
  await shelf("meta").put(n, "n");
}

/** @param {Record<string, string[]> | undefined} seen @param {Map<string, string>} renamed */
function renameAll(seen = {}, renamed) {
  return Object.fromEntries(Object.entries(seen).map(([name, ids]) => [name, ids.map((id) => renamed.get(id) ?? id)]));
}
