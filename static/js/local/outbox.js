// @ts-check
/**
 * The changes that wait. Every function works inside a transaction its caller opened.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 * @typedef {import("../sync/change.js").Change} Change
 * @typedef {import("../sync/record.js").Folded} Folded
 * @typedef {{school: string, record: string, set: Record<string, any>, at: string}} DatedEdit
 */
import { encode, fits, ChangeRefused } from "../sync/change.js";
import { utf8Length } from "../lib/bytes.js";
import { goingOnFrom } from "./shelves.js";
import { isConflict, same, seenOf as seenIn, shownHead } from "../sync/record.js";

/** What is really new in `set`, compared with what is on display. @param {Folded} shown @param {Record<string, any>} set */
export function news(shown, set) {
  return Object.fromEntries(Object.entries(set).filter(([name, value]) => {
    const heads = shown.get(name)?.heads ?? [];
    return isConflict(heads) || !same(shownHead(heads)?.value ?? null, value);
  }));
}

/**
 * A late edit, as what may replace what stands, and what may only stand beside it because something else came since.
 * What is there already is in neither. @param {Folded} shown @param {Record<string, any>} set @param {Record<string, any[]>} upon
 */
export function lateNews(shown, set, upon) {
  const heads = (/** @type {string} */ name) => shown.get(name)?.heads ?? [];
  const value = (/** @type {string} */ name) => shownHead(heads(name))?.value ?? null;
  const isThere = (/** @type {string} */ name) => heads(name).some((head) => same(head.value, set[name])) || (set[name] === null && value(name) === null);
  const isUpon = (/** @type {string} */ name) => !isConflict(heads(name)) && (upon[name] ?? [null]).some((each) => same(each, value(name)));
  const missing = Object.keys(set).filter((name) => !isThere(name));
  const pick = (/** @type {string[]} */ names) => Object.fromEntries(names.map((name) => [name, set[name]]));
  return { changed: pick(missing.filter(isUpon)), beside: pick(missing.filter((name) => !isUpon(name))) };
}

/**
 * The row of an edit that has seen nothing of what stands there.
 * @param {Pairing} pairing @param {number} n the number it gets @param {DatedEdit} edit @returns {OutboxRow}
 */
export function rowBeside(pairing, n, edit) {
  return begin(pairing, n, () => [], edit);
}

/**
 * The row of an edit: the record's last change with the edit in it, while that is unsealed, else a new one.
 * @param {Pairing} pairing @param {number} n the number a new one gets @param {OutboxRow[]} waiting this record's rows, in order
 * @param {Folded} shown the record as the person saw it @param {DatedEdit} edit @returns {OutboxRow}
 */
export function rowFor(pairing, n, waiting, shown, edit) {
  const last = waiting.filter((row) => row.replica === pairing.replica).at(-1);
  const seen = (/** @type {string} */ name) => seenOf(shown, waiting, name);
  return last && join(last, shown, seen, edit) || begin(pairing, n, seen, edit);
}

/**
 * What the person was shown of a field, down to what the centre knows: should a change in between be held, this one
 * still replaces what that one would have replaced.
 * @param {Folded} shown @param {OutboxRow[]} waiting @param {string} name @returns {string[]}
 */
function seenOf(shown, waiting, name) {
  const seen = new Set(idsOf(shown, name));
  for (let before = -1; before !== seen.size;) {
    before = seen.size;
    for (const { change } of waiting) {
      if (seen.has(change.id) && Object.hasOwn(change.set, name)) for (const id of seenIn(change, name)) seen.add(id);
    }
  }
  return [...seen];
}

/** @param {OutboxRow} row @param {Folded} shown @param {(name: string) => string[]} seenOf
 * @param {DatedEdit} edit @returns {OutboxRow | null} */
function join(row, shown, seenOf, edit) {
  if (row.body !== null || row.change.school !== edit.school) return null;
  let { seen } = row.change;
  for (const name of Object.keys(edit.set)) {
    const heads = idsOf(shown, name);
    if (Object.hasOwn(row.change.set, name)) {
      if (heads.length !== 1 || heads[0] !== row.change.id) return null; // the person has seen more than the first time
    } else if (heads.length) seen = { ...seen, [name]: seenOf(name) };
  }
  const change = { ...row.change, at: edit.at, set: { ...row.change.set, ...edit.set }, seen };
  return fits(change) ? { ...row, change } : null;
}

/** @param {Pairing} pairing @param {number} n @param {(name: string) => string[]} seenOf @param {DatedEdit} edit @returns {OutboxRow} */
function begin(pairing, n, seenOf, { school, record, set, at }) {
  const seen = Object.fromEntries(
    Object.keys(set).map((name) => /** @type {const} */ ([name, seenOf(name)])).filter(([, ids]) => ids.length),
  );
  const change = { id: `${pairing.replica}.${n}`, school, record, by: pairing.person, at, set, seen };
  if (!fits(change)) throw new ChangeRefused("too-large", `${record}: more than one change may hold`);
  return { replica: pairing.replica, n, record, change, body: null, since: at, again: false };
}

/** @param {Folded} shown @param {string} name @returns {string[]} */
function idsOf(shown, name) {
  return (shown.get(name)?.heads ?? []).map((head) => head.id);
}

/**
 * The oldest rows that fit into one request, sealed: from here on their text never changes. All are of one name of this
 * device; what was written under an earlier one goes first, for what came after it may stand on it.
 * @param {Shelves} shelf @param {{changes: number, bytes: number}} limit @returns {Promise<OutboxRow[]>}
 */
export async function sealBatch(shelf, limit) {
  const [name] = await names(shelf);
  const batch = [];
  let bytes = 0;
  for (const row of name === undefined ? [] : await shelf("outbox").getAll(goingOnFrom(name, 0), limit.changes)) {
    const sealed = await seal(shelf, row);
    bytes += utf8Length(sealed.body ?? "");
    if (batch.length && bytes > limit.bytes) break;
    batch.push(sealed);
  }
  return batch;
}

/** Everything that waits, sealed, in the order it was written. @param {Shelves} shelf @returns {Promise<OutboxRow[]>} */
export async function sealAll(shelf) {
  const sealed = [];
  for (const name of await names(shelf)) {
    for (const row of await shelf("outbox").getAll(goingOnFrom(name, 0))) sealed.push(await seal(shelf, row));
  }
  return sealed;
}

/** @param {Shelves} shelf @param {OutboxRow} row @returns {Promise<OutboxRow>} */
async function seal(shelf, row) {
  if (row.body !== null) return row;
  const sealed = { ...row, body: encode(row.change) };
  await shelf("outbox").put(sealed);
  return sealed;
}

/** The names under which something waits: earlier ones of this device first, its present one last. @param {Shelves} shelf @returns {Promise<string[]>} */
async function names(shelf) {
  const found = new Set((await shelf("outbox").getAllKeys()).map(([replica]) => replica));
  if (found.size < 2) return [...found];
  const { replica } = await shelf("meta").get("pairing");
  const known = [...((await shelf("meta").get("earlier")) ?? []), replica];
  return [...found].sort((one, other) => known.indexOf(one) - known.indexOf(other));
}

/** How much waits, and since when, without reading what. @param {Shelves} shelf */
export async function summary(shelf) {
  const keys = await shelf("outbox").getAllKeys();
  const [oldest] = await shelf("outbox").index("since").getAll(undefined, 1);
  const since = /** @type {string | null} */ (oldest?.since ?? null);
  return { changes: keys.length, records: new Set(keys.map(([, , record]) => record)).size, since };
}
