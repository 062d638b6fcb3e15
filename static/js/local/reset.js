// @ts-check
/**
 * What to do when the other side remembers less than we do. Every function works inside its caller's transaction.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").KeptRow} KeptRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 * @typedef {import("../sync/change.js").Change} Change
 */
import { encode } from "../sync/change.js";
import { seenOf } from "../sync/record.js";
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
  return (await shelf("outbox").getAllKeys(goingOnFrom(replica, n)))[0]?.[1] === n;
}

/** @param {Shelves} shelf @param {KeptRow} row @param {string} now */
async function takeBack(shelf, { replica, n, record, body }, now) {
  await shelf("outbox").put({ replica, n, record, body, change: JSON.parse(body), since: now, again: true });
  await shelf("kept").delete([replica, n]);
}

/**
 * From here on this device writes under another name. After a fork the old one is somebody else's too, so what was
 * never acknowledged goes on under the new one. After any other end the centre may have forgotten this device: what is
 * not known to be backed up is offered again under the name it was written with, so that nothing is there twice.
 * @param {Shelves} shelf @param {string} before @param {Pairing} pairing @param {boolean} isFork @param {string} now
 */
export async function changeName(shelf, before, pairing, isFork, now) {
  await shelf("meta").put([...((await shelf("meta").get("earlier")) ?? []), before], "earlier");
  await shelf("meta").put(0, "n");
  if (isFork) await renumber(shelf, pairing.replica, (row) => row.replica === before, false);
  else for (const row of await shelf("kept").getAll()) await takeBack(shelf, row, now);
}

/**
 * The centre does not take what was written under an earlier name: it goes on under the present one.
 * @param {Shelves} shelf @param {string} earlier @param {boolean} hasTwins whether the old ids still mean these words
 */
export async function reissue(shelf, earlier, hasTwins) {
  /** @type {Pairing} */
  const { replica } = await shelf("meta").get("pairing");
  await renumber(shelf, replica, (row) => row.replica === earlier, hasTwins);
}

/**
 * Issue the chosen rows again under the next numbers of `replica`. With twins, each also replaces its old self, in
 * case that arrived.
 * @param {Shelves} shelf @param {string} replica @param {(row: OutboxRow) => boolean} isChosen @param {boolean} hasTwins
 */
async function renumber(shelf, replica, isChosen, hasTwins) {
  /** @type {OutboxRow[]} */
  const rows = (await shelf("outbox").getAll()).filter(isChosen);
  const first = ((await shelf("meta").get("n")) ?? 0) + 1;
  const renamed = new Map(rows.map((row, index) => [row.change.id, `${replica}.${first + index}`]));
  for (const row of rows) await shelf("outbox").delete([row.replica, row.n, row.record]);
  for (const [index, row] of rows.entries()) {
    const twin = hasTwins && row.body !== null ? row.change.id : null;
    const change = { ...row.change, id: `${replica}.${first + index}`, seen: renameAll(row.change, renamed, twin) };
    await shelf("outbox").put({ ...row, replica, n: first + index, change, body: row.again ? encode(change) : null });
  }
  if (rows.length) await shelf("meta").put(first + rows.length - 1, "n");
}

/** @param {Change} change @param {Map<string, string>} renamed @param {string | null} twin @returns {Record<string, string[]>} */
function renameAll(change, renamed, twin) {
  const names = Object.keys(change.set).filter((name) => seenOf(change, name).length || twin);
  return Object.fromEntries(names.map((name) => {
    const ids = seenOf(change, name).map((id) => renamed.get(id) ?? id);
    return [name, twin ? [...ids, twin] : ids];
  }));
}
