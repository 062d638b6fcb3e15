// @ts-check
/**
 * One request of the protocol, and what became of it in one plain value.
 *
 * @typedef {import("../local/answer.js").Answer} Answer
 * @typedef {{type?: string, title?: string, detail?: string, expected?: number, replica?: string}} ProblemDetails
 * @typedef {{offsetMinutes: number | null, retryAfterMs: number | null}} Heard
 * @typedef {Heard & (
 *   {kind: "answer", answer: Answer} |
 *   {kind: "gap", expected: number, replica: string | null} |
 *   {kind: "fork" | "reset" | "too-large" | "signed-out" | "revoked" | "too-old" | "refused" | "server" | "portal"} |
 *   {kind: "offline" | "timeout"}
 * )} Outcome
 */
import { canGzip, gzip } from "../lib/bytes.js";
import { retryAfterMs } from "../lib/time.js";

export const ADDRESS = "/sync/v1/exchange";
const WORTH_COMPRESSING = 1_024;
const NOTHING_HEARD = { offsetMinutes: null, retryAfterMs: null };

/**
 * @typedef {object} Asked what a request says; what is null is not said
 * @property {string | null} cursor
 * @property {string[]} bodies each the very text that was sealed
 * @property {boolean} folds whether we fold these by ourselves, so that they need not come back
 * @property {number | null} limit records in the answer, when not as many as the centre thinks fit
 * @property {number | null} waiting changes that wait, these included, when there are more
 * @property {string | null} since when the oldest of them was made
 * @property {string | null} now what our clock says
 */

/** The text of a request, and nothing in it that says nothing: on a bad line this is most of what travels.
 * @param {Asked} asked @returns {string} */
export function requestText({ cursor, bodies, folds, limit, waiting, since, now }) {
  /** @type {[string, any][]} */
  const said = [["cursor", cursor], ["folds", folds || null], ["limit", limit], ["waiting", waiting], ["waiting_since", since], ["now", now]];
  const members = said.filter(([, value]) => value !== null).map(([name, value]) => `,"${name}":${JSON.stringify(value)}`);
  return `{"protocol":1,"terse":true${members.join("")}${bodies.length ? `,"changes":[${bodies.join(",")}]` : ""}}`;
}

/**
 * @param {typeof fetch} fetcher @param {string} token @param {string} text @param {number} timeoutMs
 * @param {() => number} nowMs @returns {Promise<Outcome>}
 */
export async function send(fetcher, token, text, timeoutMs, nowMs) {
  const impatience = new AbortController();
  const timer = setTimeout(() => impatience.abort(), timeoutMs);
  try {
    const response = await fetcher(ADDRESS, { ...(await request(token, text)), signal: impatience.signal });
    return outcome(response.status, response.headers, await response.text(), nowMs());
  } catch {
    return { kind: impatience.signal.aborted ? "timeout" : "offline", ...NOTHING_HEARD };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} token @param {string} text @returns {Promise<RequestInit>} */
async function request(token, text) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const isCompressed = text.length > WORTH_COMPRESSING && canGzip();
  if (isCompressed) headers["Content-Encoding"] = "gzip";
  return {
    method: "POST",
    headers,
    body: isCompressed ? await gzip(text) : text,
    credentials: "omit",
    referrerPolicy: "no-referrer",
    redirect: "manual", // a captive portal sends elsewhere; we do not
  };
}

/** What an answer means. @param {number} status @param {Headers} headers @param {string} text @param {number} nowMs @returns {Outcome} */
export function outcome(status, headers, text, nowMs) {
  const serverMs = Date.parse(headers.get("Date") ?? "");
  const asked = retryAfterMs(headers.get("Retry-After"), Number.isNaN(serverMs) ? nowMs : serverMs);
  const unsure = { offsetMinutes: null, retryAfterMs: asked };
  const spoken = parsed(text);
  if (status === 200 && isAnswer(spoken)) return { kind: "answer", answer: spoken, ...unsure, offsetMinutes: offset(spoken, serverMs, nowMs) };
  if (status === 413) return { kind: "too-large", ...unsure };
  if (status === 429 || status >= 500) return { kind: status === 511 ? "portal" : "server", ...unsure };
  if (!isProblem(spoken, status)) return { kind: "portal", ...unsure };
  return { ...refusal(status, spoken), ...unsure, offsetMinutes: offset(null, serverMs, nowMs) };
}

/** @param {number} status @param {ProblemDetails} problem */
function refusal(status, problem) {
  if (status === 409 && typeof problem.expected === "number") {
    return { kind: /** @type {const} */ ("gap"), expected: problem.expected, replica: problem.replica ?? null };
  }
  /** @type {Record<number, "signed-out" | "revoked" | "fork" | "reset" | "too-old">} */
  const kinds = { 401: "signed-out", 403: "revoked", 409: "fork", 410: "reset", 426: "too-old" };
  return { kind: kinds[status] ?? /** @type {const} */ ("refused") };
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether this is our protocol, and not some page that answers 200 to everything. @param {any} spoken @returns {spoken is Answer} */
function isAnswer(spoken) {
  return spoken?.protocol === 1
    && isPlainObject(spoken.acks) && Object.values(spoken.acks).every((n) => Number.isSafeInteger(n) && n >= 0)
    && (spoken.held === undefined || isListOf(spoken.held, "id"))
    && (spoken.records === undefined || isListOf(spoken.records, "record"))
    && (spoken.backed_up === undefined || isPlainObject(spoken.backed_up))
    && (spoken.cursor === undefined || typeof spoken.cursor === "string");
}

/** @param {any} value */
function isPlainObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {any} list @param {string} key */
function isListOf(list, key) {
  return Array.isArray(list) && list.every((item) => typeof item?.[key] === "string");
}

/** @param {any} spoken @param {number} status @returns {spoken is ProblemDetails} */
function isProblem(spoken, status) {
  return isPlainObject(spoken) && typeof spoken.type === "string" && (spoken.status === undefined || spoken.status === status);
}

/** How far the centre's clock is from ours. @param {any} answer @param {number} dateMs @param {number} nowMs @returns {number | null} */
function offset(answer, dateMs, nowMs) {
  const saidMs = typeof answer?.now === "string" ? Date.parse(answer.now) : dateMs;
  return Number.isNaN(saidMs) ? null : Math.round((saidMs - nowMs) / 60_000);
}
