// @ts-check
/**
 * The changes that wait. Every function works inside a transaction its caller opened.
 *
 * @typedef {import("./database.js").Shelves} Shelves
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 * @typedef {import("../sync/change.js").Change} Change
 * @typedef {import("../sync/record.js").Folded} Folded
 */
import { encode, fits, ChangeRefused } from "../sync/change.js";
import { utf8Length } from "../lib/bytes.js";
import { isConflict, same, seenOf as seenIn, shownHead } from "../sync/record.js";

/** What is really new in `set`, compared with what is on display. @param {Folded} shown @param {Record<string, any>} set */
export function news(shown, set) {
  return Object.fromEntries(Object.entries(set).filter(([name, value]) => {
    const heads = shown.get(name)?.heads ?? [];
    return isConflict(heads) || !same(shownHead(heads)?.value ?? null, value);
  }));
}

/**
 * Put an edit into the outbox: into the record's last change while that is unsealed, else into a new one.
 * @param {Shelves} shelf @param {Pairing} pairing @param {OutboxRow[]} waiting this record's rows, in order
 * @param {Folded} shown the record as the person saw it
 * @param {{school: string, record: string, set: Record<string, any>, at: string}} edit
 */
export async function add(shelf, pairing, waiting, shown, edit) {
  const last = waiting.at(-1);
  const seen = (/** @type {string} */ name) => seenOf(shown, waiting, name);
  const joined = last && join(last, shown, seen, edit);
  await shelf("outbox").put(joined ?? await begin(shelf, pairing, seen, edit));
}

/**
 * What the person was shown of a field, down to what the centre knows: should a change in between be held, this one
 * still replaces what that one would have replaced.
 * @param {Folded} shown @param {OutboxRow[]} waiting @param {string} name @returns {string[]}
 */
function seenOf(shown, waiting, name) {
  const seen = new Set(idsOf(shown, name));
  for (const { change } of [...waiting].reverse()) {
    if (seen.has(change.id) && Object.hasOwn(change.set, name)) for (const id of seenIn(change, name)) seen.add(id);
  }
  return [...seen];
}

/** @param {OutboxRow} row @param {Folded} shown @param {(name: string) => string[]} seenOf
 * @param {{set: Record<string, any>, at: string, school: string}} edit @returns {OutboxRow | null} */
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

/**
 * @param {Shelves} shelf @param {Pairing} pairing @param {(name: string) => string[]} seenOf
 * @param {{school: string, record: string, set: Record<string, any>, at: string}} edit @returns {Promise<OutboxRow>}
 */
async function begin(shelf, pairing, seenOf, { school, record, set, at }) {
  const n = ((await shelf("meta").get("n")) ?? 0) + 1;
  const seen = Object.fromEntries(
    Object.keys(set).map((name) => /** @type {const} */ ([name, seenOf(name)])).filter(([, ids]) => ids.length),
  );
  const change = { id: `${pairing.replica}.${n}`, school, record, by: pairing.person, at, set, seen };
  if (!fits(change)) throw new ChangeRefused("too-large", `${record}: more than one change may hold`);
  await shelf("meta").put(n, "n");
  return { replica: pairing.replica, n, record, change, body: null, since: at, again: false };
}

/** @param {Folded} shown @param {string} name @returns {string[]} */
function idsOf(shown, name) {
  return (shown.get(name)?.heads ?? []).map((head) => head.id);
}

/**
 * The oldest rows that fit into one request, sealed: from here on their text never changes.
 * @param {Shelves} shelf @param {{changes: number, bytes: number}} limit @returns {Promise<OutboxRow[]>}
 */
export async function sealBatch(shelf, limit) {
  const batch = [];
  let bytes = 0;
  const count = Number.isFinite(limit.changes) ? limit.changes : undefined;
  for (const row of await shelf("outbox").getAll(undefined, count)) {
    const body = row.body ?? encode(row.change);
    bytes += utf8Length(body);
    if (batch.length && bytes > limit.bytes) break;
    if (row.body === null) await shelf("outbox").put({ ...row, body });
    batch.push({ ...row, body });
  }
  return batch;
}

/** How much waits, and since when, without reading what. @param {Shelves} shelf */
export async function summary(shelf) {
  const keys = await shelf("outbox").getAllKeys();
  const [oldest] = await shelf("outbox").index("since").getAll(undefined, 1);
  const since = /** @type {string | null} */ (oldest?.since ?? null);
  return { changes: keys.length, records: new Set(keys.map(([, , record]) => record)).size, since };
}
