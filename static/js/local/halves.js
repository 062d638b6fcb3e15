// @ts-check
/**
 * Recordings that are still being made, each as far as it has come: one for a record, should the page end.
 *
 * @typedef {{data: ArrayBuffer, type: string, at_s: number}} Half
 * @typedef {Half & {at: string}} KeptHalf `at`: when its last piece came
 */
import { utc } from "../lib/time.js";

const STAYS_MS = 30 * 24 * 3600_000;
const ALL = ["half ", "half!"]; // every key that begins with "half "
const IN_ALL = 2 * 1024 * 1024; // ten minutes of sound

/** @param {string} record */
const keyOf = (record) => `half ${record}`;

/**
 * @param {import("./database.js").Database} base @param {() => number} nowMs
 * @param {{makeRoom: (bytes: number) => Promise<void>, besideWords: (bytes: number) => Promise<void>}} room both reject
 *   when words would be short of it
 */
export function halvesOn(base, nowMs, { makeRoom, besideWords }) {
  /** Keep it as far as it has come. Its first piece asks whether all of it would leave room for words. @param {string} record @param {Half | null} half null: it is over */
  async function keepHalf(record, half) {
    const key = keyOf(record);
    if (half === null) return base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").delete(key));
    await makeRoom(half.data.byteLength);
    const isFirst = await base.read(["blob_bytes"], (shelf) => shelf("blob_bytes").getKey(key)) === undefined;
    if (isFirst) await besideWords(IN_ALL);
    await base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").put({ ...half, at: utc(nowMs()) }, key));
  }

  /** The recording that was interrupted. @param {string} record @returns {Promise<KeptHalf | null>} */
  async function half(record) {
    return base.read(["blob_bytes"], async (shelf) => (await shelf("blob_bytes").get(keyOf(record))) ?? null);
  }

  /** Nobody came back to that lesson for a month. */
  async function dropOldHalves() {
    const found = await base.read(["blob_bytes"], (shelf) => shelf("blob_bytes").getAllKeys(IDBKeyRange.bound(ALL[0], ALL[1], false, true)));
    if (found.length === 0) return;
    await base.write(["blob_bytes"], async (shelf) => {
      for (const key of found) {
        const kept = await shelf("blob_bytes").get(key);
        if (kept && !kept.at) await shelf("blob_bytes").put({ ...kept, at: utc(nowMs()) }, key);
        else if (kept && nowMs() - Date.parse(kept.at) > STAYS_MS) await shelf("blob_bytes").delete(key);
      }
    });
  }

  return { keepHalf, half, dropOldHalves };
}
