// @ts-check
/**
 * Photos and recordings on this device: what they are in `blob`, their bytes in `blob_bytes`, so that counting what
 * waits reads no picture. A photo never takes the room that words may need.
 *
 * @typedef {"waiting" | "sent" | "refused" | "removed" | "fetched"} BlobStanding `fetched`: of somebody else's making
 * @typedef {{sha256: string, record: string, school: string, type: string, bytes: number, standing: BlobStanding,
 *   reason: string, since: string}} BlobRow
 * @typedef {ReturnType<typeof blobsOn>} Blobs
 */
import { utc } from "../lib/time.js";

const FOR_WORDS = 24 * 1024 * 1024;
const PROBE = 2 * 1024 * 1024; // what words need at the very least; a thousand notes
const PROBE_KEY = "room for words";
const SENT_STAYS_MS = 30 * 24 * 3600_000;
const BOTH = ["blob", "blob_bytes"];

/** There is no room for a photo here; there is still room for words. */
export class NoRoomForPhoto extends Error {
  name = "NoRoomForPhoto";
}

/** @param {string} sha256 the key of its small picture */
const smallOf = (sha256) => `${sha256}.small`;

/** @param {string} record where a recording is kept until it is over */
const halfOf = (record) => `half ${record}`;

/**
 * @param {import("./database.js").Database} base @param {(records: string[]) => void} tell @param {() => number} nowMs
 * @param {() => Promise<StorageEstimate | undefined>} [estimate] how much room this browser gives us
 */
export function blobsOn(base, tell, nowMs, estimate = async () => navigator.storage?.estimate?.()) {
  let isTidy = false;

  /**
   * Keep a photo or recording. Resolves when its bytes are on the disk; only then may a record name it.
   * @param {{sha256: string, record: string, school: string, type: string, data: ArrayBuffer, small: ArrayBuffer | null}} made
   */
  async function put({ sha256, record, school, type, data, small }) {
    await makeRoom(data.byteLength + (small?.byteLength ?? 0));
    const probe = noise(PROBE);
    await base.write(BOTH, async (shelf) => {
      const row = { sha256, record, school, type, bytes: data.byteLength, standing: "waiting", reason: "", since: utc(nowMs()) };
      await shelf("blob").put(row);
      await shelf("blob_bytes").put(data, sha256);
      if (small) await shelf("blob_bytes").put(small, smallOf(sha256));
      await shelf("blob_bytes").put(probe, PROBE_KEY); // with it or not at all: Chrome does not tell how much room is left
    });
    await base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").delete(PROBE_KEY));
  }

  /** Rejects with NoRoomForPhoto when words would be short of room; what the centre has already goes first. @param {number} bytes */
  async function makeRoom(bytes) {
    const { quota, usage } = (await estimate().catch(() => undefined)) ?? {};
    if (quota === undefined || usage === undefined) return;
    const missing = bytes + FOR_WORDS - (quota - usage);
    if (missing > 0 && await dropSent(missing) < missing) throw new NoRoomForPhoto();
  }

  /** Let go of bytes that the centre has, oldest first. @param {number} bytes @returns {Promise<number>} how many were let go of */
  async function dropSent(bytes) {
    return base.write(BOTH, async (shelf) => {
      let freed = 0;
      for (const row of (await shelf("blob").getAll()).filter(({ standing }) => standing === "sent" || standing === "fetched").sort(byAge)) {
        if (freed >= bytes) break;
        if (await shelf("blob_bytes").getKey(row.sha256) === undefined) continue;
        await shelf("blob_bytes").delete(row.sha256);
        freed += row.bytes;
      }
      return freed;
    });
  }

  /** What is known of every photo and recording here, oldest first. @returns {Promise<BlobRow[]>} */
  async function all() {
    return (await base.read(["blob"], (shelf) => shelf("blob").getAll())).sort(byAge);
  }

  /** Those the centre does not have yet. */
  async function waiting() {
    return (await all()).filter(({ standing }) => standing === "waiting");
  }

  /** Its bytes, or its small picture's; null when they are not here. @param {string} sha256 @param {boolean} [isSmall] @returns {Promise<ArrayBuffer | null>} */
  async function bytes(sha256, isSmall = false) {
    return base.read(["blob_bytes"], async (shelf) => (await shelf("blob_bytes").get(isSmall ? smallOf(sha256) : sha256)) ?? null);
  }

  /** @param {string} sha256 @param {BlobStanding} standing @param {string} [reason] */
  async function mark(sha256, standing, reason = "") {
    const record = await base.write(["blob"], async (shelf) => {
      const row = await shelf("blob").get(sha256);
      if (row && (row.standing !== standing || row.reason !== reason)) await shelf("blob").put({ ...row, standing, reason });
      return row?.record;
    });
    if (record) tell([record]);
  }

  /** Keep what was fetched from the centre, so that it can be seen without a network; if there is room.
   * @param {{sha256: string, record: string, school: string, type: string, data: ArrayBuffer}} found @param {boolean} isSmall */
  async function keepFetched({ sha256, record, school, type, data }, isSmall) {
    await makeRoom(data.byteLength);
    await base.write(BOTH, async (shelf) => {
      const row = await shelf("blob").get(sha256);
      if (!row) await shelf("blob").put({ sha256, record, school, type, bytes: data.byteLength, standing: "fetched", reason: "", since: utc(nowMs()) });
      await shelf("blob_bytes").put(data, isSmall ? smallOf(sha256) : sha256);
    });
  }

  /** A recording that is still being made, as far as it has come; null: it is over. @param {string} record @param {{data: ArrayBuffer, type: string, at_s: number} | null} half */
  async function keepHalf(record, half) {
    await base.write(["blob_bytes"], (shelf) => (half ? shelf("blob_bytes").put(half, halfOf(record)) : shelf("blob_bytes").delete(halfOf(record))));
  }

  /** The recording that was interrupted. @param {string} record @returns {Promise<{data: ArrayBuffer, type: string, at_s: number} | null>} */
  async function half(record) {
    return base.read(["blob_bytes"], async (shelf) => (await shelf("blob_bytes").get(halfOf(record))) ?? null);
  }

  /**
   * Forget what no record on this device names: at once what was fetched, after a day what was made here (somebody may
   * bring it back). Once is enough for a page. Of what the centre has had for a month, the small picture stays.
   */
  async function tidy() {
    if (isTidy || (await all()).length === 0) return;
    isTidy = true;
    const today = nowMs();
    await base.write([...BOTH, "record", "outbox"], async (shelf) => {
      for (const row of await shelf("blob").getAll()) {
        const age = today - Date.parse(row.since);
        const isNamed = await names(shelf, row);
        const isOver = !isNamed && (row.standing === "fetched" || age > 24 * 3600_000);
        if (isOver) await shelf("blob").delete(row.sha256);
        if (isOver) await shelf("blob_bytes").delete(smallOf(row.sha256));
        if (isOver || row.standing === "sent" && age > SENT_STAYS_MS) await shelf("blob_bytes").delete(row.sha256);
      }
    });
  }

  return { put, all, waiting, bytes, mark, keepFetched, keepHalf, half, tidy };
}

/** How many the centre does not have yet. Inside a transaction. @param {import("./database.js").Shelves} shelf @returns {Promise<number>} */
export async function countWaiting(shelf) {
  return (await shelf("blob").getAll()).filter(({ standing }) => standing === "waiting").length;
}

/** The centre lost its history: it may have lost these as well. Inside a transaction. @param {import("./database.js").Shelves} shelf */
export async function offerBlobsAgain(shelf) {
  for (const row of await shelf("blob").getAll()) if (row.standing === "sent") await shelf("blob").put({ ...row, standing: "waiting" });
}

/** Bytes that cannot be made smaller. @param {number} size @returns {ArrayBuffer} */
function noise(size) {
  const made = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(made.subarray(at, at + 65_536)); // it gives no more at once
  return made.buffer;
}

/** Whether anything on this device names it. @param {import("./database.js").Shelves} shelf @param {BlobRow} row */
async function names(shelf, { record, sha256 }) {
  const waits = await shelf("outbox").index("record").getAll(record);
  const sets = waits.map(({ change }) => Object.values(change.set));
  const heads = Object.values((await shelf("record").get(record))?.heads ?? {}).flat().map((head) => head.value);
  return [...heads, ...sets.flat()].some((value) => value?.sha256 === sha256);
}

/** @param {BlobRow} one @param {BlobRow} other */
function byAge(one, other) {
  return one.since < other.since ? -1 : one.since > other.since ? 1 : 0;
}
