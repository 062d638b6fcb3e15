// @ts-check
/**
 * Photos and recordings, sent after the words that name them: in pieces, from where the centre says they end.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("../local/blobs.js").BlobRow} BlobRow
 * @typedef {import("./round.js").Problem} Problem
 * @typedef {{fetch: typeof fetch, nowMs: () => number}} World
 * @typedef {{problem: Problem | "no-room" | null, retryAfterMs: number | null, hasWords: boolean, hasMoved: boolean,
 *   size: number}} Sent `hasWords`: something was written meanwhile, and goes first; `hasMoved`: some of it arrived
 */
import { sha256 } from "../lib/sha256.js";
import { retryAfterMs } from "../lib/time.js";

export const FIRST_PIECE = 64 * 1024;
const SMALLEST = 8 * 1024;
const LARGEST = 512 * 1024;
const TIMEOUT_MS = 60_000;
const SHORT_MS = 2_000; // no piece may keep words waiting for long
const LONG_MS = 6_000;
const MOST_TURNS = 8; // in a row without a new byte
/** @type {Sent["problem"][]} */
const ITS_OWN = ["server", "refused", "no-room"];

/**
 * Send what waits, oldest first. A photo that the centre cannot take just now does not keep back the next one; a line
 * that is down, or a centre that does not even say what it has, ends the round.
 * @param {Store} store @param {World} world @param {number} size bytes in a piece, as learnt on this line @returns {Promise<Sent>}
 */
export async function sendBlobs(store, world, size) {
  const { pairing } = await store.standing();
  const round = over(null, size);
  if (!pairing) return round;
  await store.blobs.followRecords();
  await store.blobs.tidy();
  const full = new Set();
  for (const row of await store.blobs.waiting()) {
    if (full.has(row.school)) continue;
    const sent = await sendOne(store, world, pairing.token, row, round.size);
    round.size = sent.size;
    round.hasWords = sent.hasWords;
    round.hasMoved ||= sent.hasMoved;
    round.problem ??= sent.problem;
    round.retryAfterMs = sent.retryAfterMs === null ? round.retryAfterMs : Math.max(sent.retryAfterMs, round.retryAfterMs ?? 0);
    if (sent.problem === "no-room") full.add(row.school);
    if (sent.hasWords || sent.problem && !sent.isItsOwn) break;
  }
  return round;
}

/**
 * `isItsOwn`: the problem is this photo's, as far as anybody can tell.
 * @param {Store} store @param {World} world @param {string} token @param {BlobRow} row @param {number} size
 * @returns {Promise<Sent & {isItsOwn?: boolean}>}
 */
async function sendOne(store, world, token, row, size) {
  let answer = await ask(world, token, row, "HEAD");
  if (answer.problem) return { ...over(null, smaller(size)), problem: answer.problem, retryAfterMs: answer.retryAfterMs };
  const before = await settled(store, row, answer, size);
  if (before) return before;
  const data = await store.blobs.bytes(row.sha256);
  if (!data) return over(await store.blobs.mark(row, "refused", "lost"), size); // let go of while the centre had it
  const { offset: start } = answer;
  let reached = start;
  for (let idle = 0; idle < MOST_TURNS; idle++) {
    const sent = await settled(store, row, answer, size);
    if (sent) return sent;
    if (answer.problem) return { ...over(null, smaller(size)), problem: answer.problem, retryAfterMs: answer.retryAfterMs, hasMoved: reached > start, isItsOwn: ITS_OWN.includes(answer.problem) };
    if (answer.offset < reached) return wentBack(store, row, data, size);
    if (answer.offset > reached) idle = 0;
    reached = answer.offset;
    if ((await store.waiting()).changes > 0) return { ...over(null, size), hasWords: true, hasMoved: reached > start };
    const piece = data.slice(answer.offset, answer.offset + size);
    const began = world.nowMs();
    const next = await ask(world, token, row, "PATCH", piece, answer.offset);
    const took = world.nowMs() - began;
    if (next.status === 413 || took > LONG_MS) size = smaller(size);
    else if (!next.problem && took < SHORT_MS) size = Math.min(LARGEST, size * 2);
    answer = next.status === 413 ? answer : next;
  }
  return { ...over(null, size), problem: "server", isItsOwn: true };
}

/**
 * The centre threw away what it had: the bytes were altered on their way, or here. What is wrong here will never be
 * right; anything else is tried again after a while. @param {Store} store @param {BlobRow} row @param {ArrayBuffer} data @param {number} size
 */
async function wentBack(store, row, data, size) {
  if (await sha256(data) !== row.sha256) return over(await store.blobs.mark(row, "refused", "damaged"), size);
  return { ...over(null, smaller(size)), problem: /** @type {const} */ ("server"), isItsOwn: true };
}

/**
 * Null while the centre wants more of it. @param {Store} store @param {BlobRow} row
 * @param {{status: number, standing: string, reason: string}} answer @param {number} size @returns {Promise<Sent | null>}
 */
async function settled(store, row, { status, standing, reason }, size) {
  if (status === 404) return over(null, size); // its words do not count yet
  if (standing === "kept") return { ...over(await store.blobs.mark(row, "sent"), size), hasMoved: true };
  if (standing === "refused" || status === 422) return over(await store.blobs.mark(row, "refused", reason), size);
  return null;
}

/** @param {number} size */
function smaller(size) {
  return Math.max(SMALLEST, size / 2);
}

/** @param {unknown} _done @param {number} size @returns {Sent} */
function over(_done, size) {
  return { problem: null, retryAfterMs: null, hasWords: false, hasMoved: false, size };
}

/**
 * @param {World} world @param {string} token @param {BlobRow} row @param {"HEAD" | "PATCH"} method
 * @param {ArrayBuffer} [piece] @param {number} [offset]
 * @returns {Promise<{status: number, offset: number, standing: string, reason: string, problem: Sent["problem"], retryAfterMs: number | null}>}
 */
async function ask(world, token, row, method, piece, offset = 0) {
  const answer = { status: 0, offset: 0, standing: "", reason: "", retryAfterMs: /** @type {number | null} */ (null) };
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token}` };
  if (piece) Object.assign(headers, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset), "Upload-Length": String(row.bytes) });
  try {
    const response = await withPatience((signal) => world.fetch(addressOf(row), { ...ASK, method, headers, body: piece, signal }));
    const says = response.headers;
    const told = response.ok || method === "HEAD" ? null : await response.json().catch(() => null);
    Object.assign(answer, { status: response.status, retryAfterMs: retryAfterMs(says.get("Retry-After"), world.nowMs()) });
    if (response.ok && says.has("Upload-Offset")) {
      return { ...answer, offset: Number(says.get("Upload-Offset")), standing: says.get("Observe-Standing") ?? "", reason: says.get("Observe-Reason") ?? "", problem: null };
    }
    if (told?.type === "urn:observe:offset") return { ...answer, offset: told.expected, problem: null };
    if (told?.type === "urn:observe:blob-refused") return { ...answer, reason: told.reason, problem: null };
    return { ...answer, problem: problemOf(response.status) };
  } catch {
    return { ...answer, problem: "offline" };
  }
}

/** @type {RequestInit} */
const ASK = { credentials: "omit", cache: "no-store", redirect: "manual" };

/** @param {number} status @returns {Sent["problem"]} */
function problemOf(status) {
  if (status === 404 || status === 413) return null;
  if (status === 401) return "signed-out";
  if (status === 403) return "revoked";
  if (status === 507) return "no-room";
  return status >= 500 || status === 429 ? "server" : status >= 400 ? "refused" : "portal";
}

/** @param {{sha256: string, school: string}} row @param {string} [part] */
function addressOf({ sha256, school }, part = "") {
  return `/sync/v1/blobs/${sha256}${part}?school=${encodeURIComponent(school)}`;
}

/** @template T @param {(signal: AbortSignal) => Promise<T>} work @returns {Promise<T>} */
async function withPatience(work) {
  const impatience = new AbortController();
  const timer = setTimeout(() => impatience.abort(), TIMEOUT_MS);
  return work(impatience.signal).finally(() => clearTimeout(timer));
}

/**
 * A photo or recording that was not made on this device, or its small picture; null when it cannot be had now.
 * @param {Store} store @param {{sha256: string, record: string, school: string, type: string}} wanted @param {boolean} isSmall
 * @returns {Promise<ArrayBuffer | null>}
 */
export async function fetchBlob(store, wanted, isSmall) {
  const { pairing } = await store.standing();
  if (!pairing) return null;
  try {
    const headers = { Authorization: `Bearer ${pairing.token}` };
    const response = await withPatience((signal) => fetch(addressOf(wanted, isSmall ? "/small" : ""), { ...ASK, headers, signal }));
    if (!response.ok || !/^(image|audio)\//.test(response.headers.get("Content-Type") ?? "")) return null;
    const data = await response.arrayBuffer();
    await store.blobs.keepFetched({ ...wanted, data }, isSmall).catch(() => {}); // no room: it can be fetched again
    return data;
  } catch {
    return null;
  }
}
