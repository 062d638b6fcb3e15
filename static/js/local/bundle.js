// @ts-check
/**
 * Everything that waits and everything not known to be backed up, as a file: a header, the changes in order, and a seal
 * over every byte before it. Without a key it has no seal, and a centre takes it from its own author alone.
 *
 * @typedef {import("./shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./shelves.js").KeptRow} KeptRow
 * @typedef {import("./shelves.js").Pairing} Pairing
 */
import { canGzip, gzip } from "../lib/bytes.js";
import { seal } from "../lib/seal.js";
import { day } from "../lib/time.js";

/**
 * The lines of the file, without its seal.
 * @param {Pairing} pairing @param {KeptRow[]} kept @param {OutboxRow[]} waiting in the order it was written
 * @param {string[]} earlier former names of this device, the oldest first @param {string} now @returns {string}
 */
export function bundleText(pairing, kept, waiting, earlier, now) {
  const rows = /** @type {KeptRow[]} */ ([...kept, ...waiting]);
  const names = [...earlier, pairing.replica];
  rows.sort((one, other) => names.indexOf(one.replica) - names.indexOf(other.replica) || one.n - other.n);
  const header = {
    observe: "bundle",
    protocol: 1,
    school: pairing.schools.map((school) => school.id),
    replica: pairing.replica,
    by: pairing.person,
    made_at: now,
    changes: rows.length,
    is_sealed: Boolean(pairing.key),
  };
  return [JSON.stringify(header), ...rows.map((row) => row.body), ""].join("\n");
}

/** @param {string} text @param {Pairing} pairing @param {number} atMs @returns {Promise<File>} */
export async function asFile(text, pairing, atMs) {
  const whole = pairing.key ? text + await sealLine(pairing, pairing.key, text) : text;
  const name = `observe-${day(atMs)}-${pairing.replica}.jsonl`;
  if (!canGzip()) return new File([whole], name, { type: "application/x-ndjson" });
  return new File([await gzip(whole)], `${name}.gz`, { type: "application/gzip" });
}

/** @param {Pairing} pairing @param {CryptoKey} key @param {string} text @returns {Promise<string>} */
async function sealLine({ replica }, key, text) {
  return `${JSON.stringify({ observe: "seal", replica, signature: await seal(key, text) })}\n`;
}
