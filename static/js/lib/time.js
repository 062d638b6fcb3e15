// @ts-check

/** The device's clock as every change writes it. @param {number} [atMs] @returns {string} */
export function utc(atMs = Date.now()) {
  return new Date(atMs).toISOString();
}

/**
 * The wait a `Retry-After` header asks for: seconds, or a date measured against the server's own `Date`.
 * @param {string | null} header @param {number} serverMs @returns {number | null} milliseconds
 */
export function retryAfterMs(header, serverMs) {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - serverMs);
}

/** A local calendar day for file names: 2026-11-22. @param {number} [atMs] @returns {string} */
export function day(atMs = Date.now()) {
  const at = new Date(atMs);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
