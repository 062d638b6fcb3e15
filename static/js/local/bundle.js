// @ts-check
/**
 * Everything that waits and everything not known to be backed up, as the lines of a bundle: a header, then the changes
 * in order. It is not signed yet, so a centre takes it from its own author, signed in.
 *
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").KeptRow} KeptRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 */
import { canGzip, gzip } from "../lib/bytes.js";
import { day } from "../lib/time.js";

/** @param {Pairing} pairing @param {KeptRow[]} kept @param {OutboxRow[]} waiting @param {string} now @returns {string} */
export function bundleText(pairing, kept, waiting, now) {
  const rows = /** @type {KeptRow[]} */ ([...kept, ...waiting]);
  rows.sort((one, other) => (one.replica < other.replica ? -1 : one.replica > other.replica ? 1 : one.n - other.n));
  const header = {
    observe: "bundle",
    protocol: 1,
    school: pairing.schools.map((school) => school.id),
    replica: pairing.replica,
    by: pairing.person,
    made_at: now,
    changes: rows.length,
  };
  return [JSON.stringify(header), ...rows.map((row) => row.body), ""].join("\n");
}

/** @param {string} text @param {string} replica @param {number} atMs @returns {Promise<File>} */
export async function asFile(text, replica, atMs) {
  const name = `observe-${day(atMs)}-${replica}.jsonl`;
  if (!canGzip()) return new File([text], name, { type: "application/x-ndjson" });
  return new File([await gzip(text)], `${name}.gz`, { type: "application/gzip" });
}
