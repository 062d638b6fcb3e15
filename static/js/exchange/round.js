// @ts-check
/**
 * Exchange with the centre until there is nothing left to send or to read, or until something is in the way.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("../local/answer.js").Answer} Answer
 * @typedef {import("../local/shelves.js").OutboxRow} OutboxRow
 * @typedef {import("./request.js").Outcome} Outcome
 * @typedef {Awaited<ReturnType<Store["standing"]>>} Standing
 * @typedef {"offline" | "portal" | "server" | "signed-out" | "revoked" | "fork" | "too-old" | "too-large" | "refused"
 *   | "not-paired"} Problem
 * @typedef {{fetch: typeof fetch, nowMs: () => number}} World
 * @typedef {{problem: Problem | null, retryAfterMs: number | null, size: number}} Finished
 * @typedef {{next: "on" | "again" | "stop", problem: Problem | null, size: number}} Step
 */
import { canGzip } from "../lib/bytes.js";
import { utc } from "../lib/time.js";
import { requestText, send } from "./request.js";

export const LARGEST = 250;
const BYTES = 256 * 1024;
const COMPRESSES_TO_A = 4; // part of it, at the most: JSON of this kind
const FAR_OFF_MINUTES = 10;
const HOUR = "2026-11-22T03".length; // of a time as text
const TIMEOUT_MS = 30_000;
const SETBACKS = 12; // in a row; from 250 changes down to one takes 8

/**
 * @param {Store} store @param {World} world @param {number} size changes in a request, as learnt on this line
 * @returns {Promise<Finished>}
 */
export async function exchangeAll(store, world, size) {
  for (let setbacks = 0; setbacks <= SETBACKS;) {
    const before = await store.standing();
    if (!before.pairing) return { problem: "not-paired", retryAfterMs: null, size };
    const batch = await store.seal({ changes: size, bytes: bytesFor(size) });
    const text = textOf(before, batch, await folds(store, before, batch), world);
    const outcome = await send(world.fetch, before.pairing.token, text, TIMEOUT_MS, world.nowMs);
    await noteClock(store, before, outcome);
    const step = await deal(store, before, batch, outcome, size);
    size = step.size;
    if (step.next === "stop") return { problem: step.problem, retryAfterMs: outcome.retryAfterMs, size };
    setbacks = step.next === "on" ? 0 : setbacks + 1;
  }
  return { problem: "server", retryAfterMs: null, size };
}

/** @param {number} size @returns {number} bytes of text in a request of that many changes */
function bytesFor(size) {
  return Math.ceil((canGzip() ? BYTES * COMPRESSES_TO_A : BYTES) * size / LARGEST);
}

/** While offering again what a restored centre lost, its answers are not read, so a small one will do.
 * @param {Standing} before @param {OutboxRow[]} batch @param {boolean} folds @param {World} world */
function textOf({ isOffering, cursor, waiting, arrivedAt }, batch, folds, world) {
  const now = utc(world.nowMs());
  const isMore = waiting.changes > batch.length;
  const isNewHour = arrivedAt?.slice(0, HOUR) !== now.slice(0, HOUR);
  return requestText({
    cursor: isOffering ? null : cursor,
    bodies: batch.map((row) => row.body ?? ""),
    folds,
    limit: isOffering ? 1 : null,
    waiting: isMore ? waiting.changes : null,
    since: isMore ? waiting.since : null,
    now: isNewHour || batch.length ? now : null,
  });
}

/**
 * Whether what the centre accepts of a batch need not come back: what it said last is all here, and these changes, laid
 * over that, make what it has now. Not so for what we offer again, which it may take upon other things than we did, nor
 * while we read from the start what it may have lost.
 * @param {Store} store @param {Standing} before @param {OutboxRow[]} batch @returns {Promise<boolean>}
 */
async function folds(store, { pairing, isOffering }, batch) {
  if (batch.length === 0 || isOffering || batch.some((row) => row.again || row.replica !== pairing?.replica)) return false;
  const { reading, readingDone } = await store.facts(["reading", "readingDone"]);
  return (reading ?? 0) === (readingDone ?? 0);
}

/** Said to the person, never adopted. @param {Store} store @param {Standing} before @param {Outcome} outcome */
async function noteClock(store, { clockOffsetMinutes }, { offsetMinutes }) {
  if (offsetMinutes === null) return;
  const shown = Math.abs(offsetMinutes) > FAR_OFF_MINUTES ? offsetMinutes : null;
  if (shown !== clockOffsetMinutes) await store.setMeta({ clockOffsetMinutes: shown });
}

/**
 * @param {Store} store @param {Standing} before @param {OutboxRow[]} batch @param {Outcome} outcome
 * @param {number} size @returns {Promise<Step>}
 */
async function deal(store, before, batch, outcome, size) {
  const half = Math.max(1, Math.floor(Math.min(size, Math.max(batch.length, 1)) / 2));
  switch (outcome.kind) {
    case "answer":
      return { ...(await take(store, before, batch, outcome.answer)), size: Math.min(LARGEST, size * 2) };
    case "too-large":
    case "refused": // one bad change must not keep the others from arriving
      if (isEarlier(before, batch)) return { ...(await giveUpName(store, batch[0].replica, true)), size };
      return { next: batch.length > 1 ? "again" : "stop", problem: outcome.kind, size: half };
    case "timeout":
      return { next: "stop", problem: "offline", size: half };
    case "gap":
      return { ...(await rewind(store, before, outcome)), size };
    case "reset":
      return { ...(await startOver(store, before)), size };
    case "fork":
      if (isEarlier(before, batch)) return { ...(await giveUpName(store, batch[0].replica, false)), size };
      return { ...(await stand(store, outcome.kind)), size };
    case "signed-out":
    case "revoked":
      return { ...(await stand(store, outcome.kind)), size };
    default:
      return { next: "stop", problem: outcome.kind, size };
  }
}

/** @param {Store} store @param {Standing} before @param {OutboxRow[]} batch @param {Answer} answer
 * @returns {Promise<Omit<Step, "size">>} */
async function take(store, before, batch, answer) {
  const { pairing, n } = await store.standing(); // as it is now: another tab may have sent more since we asked
  const replica = pairing?.replica ?? "";
  if ((answer.acks[replica] ?? 0) > n) return stand(store, "fork"); // the centre knows changes we do not remember
  await store.take({ ...answer, acks: acksOf(answer, batch) }, before.cursor);
  if (before.standing) await store.setMeta({ standing: null });
  const isBrought = batch.length === 0 || acknowledgesAny(answer, batch);
  const isStuck = batch.length === 0 && answer.more && (answer.cursor ?? before.cursor) === before.cursor;
  if (!isBrought || isStuck) return { next: "stop", problem: "server" };
  const isMore = answer.more || before.isOffering || before.waiting.changes > batch.length;
  return { next: isMore ? "on" : "stop", problem: null };
}

/**
 * Of what is acknowledged, what this request brought: of anything else the answer does not say whether it is held.
 * @param {Answer} answer @param {OutboxRow[]} batch @returns {Record<string, number>}
 */
function acksOf({ acks }, batch) {
  /** @type {Record<string, number>} */
  const brought = {};
  for (const { replica, n } of batch) if (n <= (acks[replica] ?? 0)) brought[replica] = Math.max(n, brought[replica] ?? 0);
  return brought;
}

/** @param {Answer} answer @param {OutboxRow[]} batch */
function acknowledgesAny(answer, batch) {
  return batch.some((row) => row.n <= (answer.acks[row.replica] ?? 0));
}

/** @param {Store} store @param {Standing} before @param {{expected: number, replica: string | null}} gap
 * @returns {Promise<Omit<Step, "size">>} */
async function rewind(store, before, gap) {
  const own = before.pairing?.replica ?? "";
  const isHere = await store.rewind(gap.replica ?? own, gap.expected);
  if (!isHere && gap.replica && gap.replica !== own) return giveUpName(store, gap.replica, true);
  return isHere ? { next: "again", problem: null } : stand(store, "fork"); // it can only go on under a new number
}

/** Whether these were written under an earlier name of this device. @param {Standing} before @param {OutboxRow[]} batch */
function isEarlier(before, batch) {
  return batch.length > 0 && batch[0].replica !== before.pairing?.replica;
}

/** The centre takes nothing more under that name. @param {Store} store @param {string} earlier @param {boolean} hasTwins
 * @returns {Promise<Omit<Step, "size">>} */
async function giveUpName(store, earlier, hasTwins) {
  await store.giveUpName(earlier, hasTwins);
  return { next: "again", problem: null };
}

/** @param {Store} store @param {Standing} before @returns {Promise<Omit<Step, "size">>} */
async function startOver(store, before) {
  if (before.cursor === null) return { next: "stop", problem: "server" };
  await store.startOver();
  return { next: "again", problem: null };
}

/** Somebody has to sign in here again; everything stays and can be saved to a file.
 * @param {Store} store @param {"fork" | "signed-out" | "revoked"} standing @returns {Promise<Omit<Step, "size">>} */
async function stand(store, standing) {
  await store.setMeta({ standing });
  return { next: "stop", problem: standing };
}
