// @ts-check
/**
 * How an edit comes into the outbox. What this page read or wrote of a record last is known here, and the next edit of it
 * is written upon that (`turn.js`); where somebody else has written meanwhile, the disk is read first.
 *
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").RecordRow} RecordRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 * @typedef {import("../sync/record.js").Folded} Folded
 * @typedef {{school: string, record: string, set: Record<string, any>, at: string}} DatedEdit
 * @typedef {{record: string, turn: number, atMs: number, pairing: Pairing, n: number, waiting: OutboxRow[],
 *   row: RecordRow | undefined, shown: Folded}} Known one record and this device's numbering, as they were at a turn
 */
import { DeviceError } from "./errors.js";
import { lateNews, news, rowBeside, rowFor } from "./outbox.js";
import { forgetTurns, isRecent, lastTurn, takeTurn } from "./turn.js";
import { overlay } from "./view.js";

/** @param {Database} base @param {() => number} nowMs */
export function edits(base, nowMs) {
  /** @type {Known | null} */
  let known = null;
  let edited = ""; // the record that is being written

  /** Change what edits stand on. @template T @param {string[]} stores @param {(shelf: Shelves) => Promise<T>} work @returns {Promise<T>} */
  async function write(stores, work) {
    known = null;
    const result = await base.write([...stores, "turn"], async (shelf) => {
      const done = await work(shelf);
      const turn = await lastTurn(shelf);
      takeTurn(shelf, turn);
      forgetTurns(shelf, turn);
      return done;
    });
    if (edited) look().catch(() => {}); // the next edit reads for itself
    return result;
  }

  async function look() {
    known = await base.read(["meta", "record", "outbox", "turn"], (shelf) => readKnown(shelf, edited, nowMs()));
  }

  /** Whether anything of it was new. Settles when it is on the disk. @param {DatedEdit} edit @param {Record<string, any[]>} [upon] */
  async function keep(edit, upon) {
    const mine = known?.record === edit.record && isRecent(known.atMs, nowMs()) && !upon ? known : null;
    known = null; // until this is on the disk, nobody knows
    edited = edit.record;
    return mine && await keepUpon(mine, edit) || await keepAfterReading(edit, upon);
  }

  /** Whether it could be kept upon what is known. @param {Known} mine @param {DatedEdit} edit */
  async function keepUpon(mine, edit) {
    try {
      const set = news(mine.shown, edit.set);
      if (Object.keys(set).length === 0) return false; // unless the disk says otherwise
      const row = rowFor(mine.pairing, mine.n + 1, mine.waiting.filter(({ again }) => !again), mine.shown, { ...edit, set });
      await base.write(["meta", "outbox", "turn"], async (shelf) => {
        put(shelf, mine.n, [row]);
        takeTurn(shelf, mine.turn);
      });
      known = after(mine, [row], nowMs());
      return true;
    } catch {
      return false; // the turn was taken, or the disk refuses: whoever reads first is told which
    }
  }

  /** @param {DatedEdit} edit @param {Record<string, any[]>} [upon] */
  async function keepAfterReading(edit, upon) {
    const found = await base.write(["meta", "record", "outbox", "turn"], async (shelf) => {
      const mine = await readKnown(shelf, edit.record, nowMs());
      if (!mine) throw new DeviceError("unpaired");
      const rows = rowsFor(mine, edit, upon);
      if (rows.length) put(shelf, mine.n, rows);
      if (rows.length) takeTurn(shelf, mine.turn);
      return { mine, rows };
    });
    known = found.rows.length ? after(found.mine, found.rows, nowMs()) : found.mine;
    return found.rows.length > 0;
  }

  return { write, keep };
}

/** @param {Known} mine @param {DatedEdit} edit @param {Record<string, any[]>} [upon] @returns {OutboxRow[]} */
function rowsFor({ pairing, n, waiting, shown }, edit, upon) {
  const { changed, beside } = upon ? lateNews(shown, edit.set, upon) : { changed: news(shown, edit.set), beside: {} };
  const open = waiting.filter(({ again }) => !again);
  const rows = [];
  if (Object.keys(changed).length) rows.push(rowFor(pairing, n + 1, open, shown, { ...edit, set: changed }));
  const last = rows.length ? Math.max(n, rows[0].n) : n;
  if (Object.keys(beside).length) rows.push(rowBeside(pairing, last + 1, { ...edit, set: beside }));
  return rows;
}

/** Not waited for: should one fail, the transaction does, and its caller hears of that. @param {Shelves} shelf @param {number} n @param {OutboxRow[]} rows */
function put(shelf, n, rows) {
  const last = Math.max(n, ...rows.map((row) => row.n));
  const asked = rows.map((row) => shelf("outbox").put(row));
  if (last > n) asked.push(shelf("meta").put(last, "n"));
  for (const each of asked) each.catch(() => {});
}

/** Null while nobody has signed in on this device. @param {Shelves} shelf @param {string} record @param {number} atMs @returns {Promise<Known | null>} */
async function readKnown(shelf, record, atMs) {
  const asked = [shelf("meta").get("pairing"), shelf("meta").get("n"), lastTurn(shelf), shelf("outbox").index("record").getAll(record), shelf("record").get(record)];
  const [pairing, n, turn, waiting, row] = /** @type {[Pairing | undefined, number | undefined, number, OutboxRow[], any]} */ (await Promise.all(asked)); // one wait, not five
  return pairing ? { record, turn, atMs, pairing, n: n ?? 0, waiting, row, shown: overlay(row, waiting) } : null;
}

/** What is true once `rows` are on the disk. @param {Known} mine @param {OutboxRow[]} rows @param {number} atMs @returns {Known} */
function after(mine, rows, atMs) {
  const replaced = new Set(rows.map((row) => row.change.id));
  const waiting = [...mine.waiting.filter((row) => !replaced.has(row.change.id)), ...rows].sort(byNumber);
  return { ...mine, turn: mine.turn + 1, atMs, n: Math.max(mine.n, ...rows.map((row) => row.n)), waiting, shown: overlay(mine.row, waiting) };
}

/** As the disk orders them. @param {OutboxRow} one @param {OutboxRow} other */
function byNumber(one, other) {
  return one.replica === other.replica ? one.n - other.n : one.replica < other.replica ? -1 : 1;
}
