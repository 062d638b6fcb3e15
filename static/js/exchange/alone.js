// @ts-check
import { unlessHeld } from "../lib/lock.js";

/**
 * Do `work` unless another tab of this browser is doing the same for this person. Plain-http pages have no Web Locks:
 * there two tabs may exchange at once, which costs a resend and changes nothing.
 * @param {string} person @param {() => Promise<void>} work @returns {Promise<boolean>} whether it was done
 */
export async function alone(person, work) {
  return unlessHeld(`observe-exchange-${person}`, work);
}
