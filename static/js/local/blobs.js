// @ts-check
/**
 * Photos and recordings on this device: what they are in `blob`, their bytes in `blob_bytes`, so that counting what
 * waits reads no picture. A photo never takes the room that words may need.
 *
 * A row is one school's: the same picture in two schools is sent to both, from the same bytes. Whether it is waited for
 * is what the records say (`naming.js`), never what somebody tapped last.
 *
 * @typedef {"waiting" | "sent" | "refused" | "removed" | "fetched"} BlobStanding `fetched`: of somebody else's making;
 *   `removed`: no record names it just now, and it waits again once one does
 * @typedef {{sha256: string, school: string, records: string[], type: string, bytes: number, standing: BlobStanding,
 *   reason: string, since: string, unnamed: string}} BlobRow `records`: those that were said to name it; `unnamed`:
 *   since when none does, or ""
 * @typedef {Pick<BlobRow, "sha256" | "school">} BlobKey
 * @typedef {ReturnType<typeof blobsOn>} Blobs
 */
import { utc } from "../lib/time.js";
import { halvesOn } from "./halves.js";
import { NAMING, naming } from "./naming.js";

const FOR_WORDS = 24 * 1024 * 1024;
const PROBE = 2 * 1024 * 1024; // what words need at the very least; a thousand notes
const PROBE_KEY = "room for words";
const DAY_MS = 24 * 3600_000;
const SENT_STAYS_MS = 30 * DAY_MS;
const REMOVED_STAYS_MS = DAY_MS; // somebody may bring it back
const GONE_STAYS_MS = 30 * DAY_MS; // its record may come back, with a role or a restored centre
const BOTH = ["blob", "blob_bytes"];

/** There is no room for a photo here; there is still room for words. */
export class NoRoomForPhoto extends Error {
  name = "NoRoomForPhoto";
}

/** @param {string} sha256 the key of its small picture */
const smallOf = (sha256) => `${sha256}.small`;

/**
 * @param {import("./database.js").Database} base @param {(records: string[]) => void} tell @param {() => number} nowMs
 * @param {() => Promise<StorageEstimate | undefined>} [estimate] how much room this browser gives us
 */
export function blobsOn(base, tell, nowMs, estimate = async () => navigator.storage?.estimate?.()) {
  let isTidy = false;
  const { keepHalf, half, dropOldHalves } = halvesOn(base, nowMs, { makeRoom, besideWords });

  /**
   * Keep a photo or recording. Resolves when its bytes are on the disk; only then may a record name it.
   * @param {{sha256: string, record: string, school: string, type: string, data: ArrayBuffer, small: ArrayBuffer | null}} made
   */
  async function put({ sha256, record, school, type, data, small }) {
    await makeRoom(data.byteLength + (small?.byteLength ?? 0));
    const probe = noise(PROBE);
    await base.write(BOTH, async (shelf) => {
      const records = together((await shelf("blob").get([sha256, school]))?.records, record);
      const row = { sha256, school, records, type, bytes: data.byteLength, standing: "waiting", reason: "", since: utc(nowMs()), unnamed: "" };
      await shelf("blob").put(row);
      await shelf("blob_bytes").put(data, sha256);
      if (small) await shelf("blob_bytes").put(small, smallOf(sha256));
      await shelf("blob_bytes").put(probe, PROBE_KEY); // with it or not at all: Chrome does not tell how much room is left
    });
    await base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").delete(PROBE_KEY));
  }

  /** Rejects when the disk has no room for so much, and for words beside it. Nothing of it stays. @param {number} bytes */
  async function besideWords(bytes) {
    const probe = noise(PROBE + bytes);
    await base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").put(probe, PROBE_KEY));
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
      const rows = await shelf("blob").getAll();
      const needed = new Set(rows.filter((row) => !isElsewhere(row)).map(({ sha256 }) => sha256));
      for (const row of rows.filter(({ sha256 }) => !needed.has(sha256)).sort(byAge)) {
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

  /** @param {BlobKey} which @param {BlobStanding} standing @param {string} [reason] */
  async function mark({ sha256, school }, standing, reason = "") {
    const records = await base.write(["blob"], async (shelf) => {
      const row = await shelf("blob").get([sha256, school]);
      if (row && (row.standing !== standing || row.reason !== reason)) await shelf("blob").put({ ...row, standing, reason });
      return row?.records;
    });
    if (records) tell(records);
  }

  /** What a record names is waited for, and what none names any more is not. Writes only when that changed. */
  async function followRecords() {
    const stale = await base.read(NAMING, unlikeRecords);
    if (stale.length === 0) return;
    await base.write(NAMING, async (shelf) => {
      for (const row of await unlikeRecords(shelf)) await shelf("blob").put(row);
    });
    tell(stale.flatMap(({ records }) => records));
  }

  /** Rows that have to change, as they have to be. @param {import("./database.js").Shelves} shelf @returns {Promise<BlobRow[]>} */
  async function unlikeRecords(shelf) {
    const changed = [];
    for (const row of await shelf("blob").getAll()) {
      if (row.standing !== "waiting" && row.standing !== "removed") continue;
      const standing = (await naming(shelf, row)).isAwaited ? "waiting" : "removed";
      if (standing !== row.standing) changed.push({ ...row, standing, unnamed: standing === "waiting" ? "" : utc(nowMs()) });
    }
    return changed;
  }

  /** Keep what was fetched from the centre, so that it can be seen without a network; if there is room.
   * @param {{sha256: string, record: string, school: string, type: string, data: ArrayBuffer}} found @param {boolean} isSmall */
  async function keepFetched({ sha256, record, school, type, data }, isSmall) {
    await makeRoom(data.byteLength);
    const isNews = await base.write(BOTH, async (shelf) => {
      const row = await shelf("blob").get([sha256, school]);
      const found = { sha256, school, type, bytes: data.byteLength, standing: "fetched", reason: "", since: utc(nowMs()), unnamed: "" };
      const again = row?.reason === "lost" ? { standing: "sent", reason: "" } : {}; // the centre found it again
      await shelf("blob").put({ ...found, ...row, ...again, records: together(row?.records, record) });
      await shelf("blob_bytes").put(data, isSmall ? smallOf(sha256) : sha256);
      return !row || row.reason === "lost";
    });
    if (isNews) tell([record]);
  }

  /**
   * Forget what no record on this device names: at once what was fetched, what was made here a day after it was noticed,
   * or a month when the record itself is not here. Once is enough for a page. Of what the centre has had for a month, the
   * small picture stays.
   */
  async function tidy() {
    if (isTidy) return;
    isTidy = true;
    await dropOldHalves();
    if ((await all()).length === 0) return;
    await base.write([...NAMING, "blob_bytes"], async (shelf) => {
      const stays = new Set();
      const drops = new Set();
      for (const row of await shelf("blob").getAll()) {
        const { isNamed, isGone } = await naming(shelf, row);
        const unnamed = isNamed ? "" : row.unnamed || utc(nowMs());
        const isOver = !isNamed && (row.standing === "fetched" || ageOf(unnamed) > (isGone ? GONE_STAYS_MS : REMOVED_STAYS_MS));
        if (isOver) await shelf("blob").delete([row.sha256, row.school]);
        else if (unnamed !== row.unnamed) await shelf("blob").put({ ...row, unnamed });
        if (isOver || row.standing === "sent" && ageOf(row.since) > SENT_STAYS_MS) drops.add(row.sha256);
        else stays.add(row.sha256);
        if (!isOver) stays.add(smallOf(row.sha256));
      }
      for (const sha256 of drops) for (const key of [sha256, smallOf(sha256)]) if (!stays.has(key)) await shelf("blob_bytes").delete(key);
    });
  }

  /** @param {string} since @returns {number} milliseconds */
  function ageOf(since) {
    return nowMs() - Date.parse(since);
  }

  return { put, all, waiting, bytes, mark, followRecords, keepFetched, keepHalf, half, tidy };
}

/** How many the centre does not have yet. Inside a transaction. @param {import("./database.js").Shelves} shelf @returns {Promise<number>} */
export async function countWaiting(shelf) {
  return (await shelf("blob").getAll()).filter(({ standing }) => standing === "waiting").length;
}

/** The centre lost its history: it may have lost these as well, or found again. Inside a transaction. @param {import("./database.js").Shelves} shelf */
export async function offerBlobsAgain(shelf) {
  for (const row of await shelf("blob").getAll()) {
    if (row.standing === "sent" || row.reason === "lost") await shelf("blob").put({ ...row, standing: "waiting", reason: "" });
  }
}

/** Bytes that cannot be made smaller. @param {number} size @returns {ArrayBuffer} */
function noise(size) {
  const made = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(made.subarray(at, at + 65_536)); // it gives no more at once
  return made.buffer;
}

/** Whether it can be had from the centre, so that its bytes need not stay. @param {BlobRow} row */
function isElsewhere({ standing }) {
  return standing === "sent" || standing === "fetched";
}

/** @param {string[]} [known] @param {string} [also] @returns {string[]} */
function together(known = [], also = "") {
  return [...new Set([...known, also])];
}

/** @param {BlobRow} one @param {BlobRow} other */
function byAge(one, other) {
  return one.since < other.since ? -1 : one.since > other.since ? 1 : 0;
}
