// @ts-check
/**
 * Why the centre keeps a change without applying it, as a person says it.
 *
 * @typedef {import("../local/shelves.js").HeldRow} HeldRow
 */
import { say } from "./words.js";

const KNOWN = ["not-allowed", "signed-off", "invalid", "unknown", "revoked"];

/** @param {HeldRow} held @returns {string} */
export function heldWords({ reason }) {
  return say(`held.${KNOWN.includes(reason) ? reason : "other"}`);
}
