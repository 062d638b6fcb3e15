// @ts-check
/**
 * What htmx is told, in one place. Every swap here takes a part of a whole page, so an answer without that part is
 * another page (signed out, refused, broken): it is opened as a page, never pressed into a corner of this one.
 *
 * @typedef {{request: {method: string, headers: Record<string, string>, action: string}, select?: string,
 *   sourceEvent?: Event, response?: {raw: Response, status: number}, text?: string}} Context
 */

/** @param {Document} page */
export function startLive(page) {
  page.addEventListener("htmx:config:request", (event) => prepare(page, event));
  page.addEventListener("htmx:after:request", (event) => check(page, event));
  page.addEventListener("htmx:error", () => sayUnreachable(page, true));
  page.addEventListener("htmx:after:swap", () => settle(page));
  page.addEventListener("submit", (event) => comeBackHere(page, event));
}

/** @param {Event} event @returns {Context} */
function context(event) {
  return /** @type {CustomEvent<{ctx: Context}>} */ (event).detail.ctx;
}

/** @param {Document} page @param {Event} event */
function prepare(page, event) {
  const { request, sourceEvent } = context(event);
  if (sourceEvent?.type === "every" && page.hidden) event.preventDefault();
  const token = page.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
  if (token && request.method !== "GET") request.headers["X-CSRFToken"] = token;
}

/** @param {Document} page @param {Event} event */
function check(page, event) {
  const { select, text, response } = context(event);
  if (!select || !response || holds(text ?? "", select)) return;
  event.preventDefault();
  const window = page.defaultView;
  if (!window) return;
  if (response.raw.redirected) window.location.assign(response.raw.url);
  else window.location.reload();
}

/** @param {string} text @param {string} select @returns {boolean} */
function holds(text, select) {
  return new DOMParser().parseFromString(text, "text/html").querySelector(select) !== null;
}

/** The part that held the focus may be gone: the reader goes on at the top of what is new. @param {Document} page */
function settle(page) {
  sayUnreachable(page, false);
  if (page.activeElement === null || page.activeElement === page.body) page.getElementById("main")?.focus();
}

/** @param {Document} page @param {boolean} isUnreachable */
function sayUnreachable(page, isUnreachable) {
  const line = page.getElementById("unreachable");
  if (line) line.hidden = !isUnreachable;
}

/** A list may have been narrowed since the page came: another language shows that same list. @param {Document} page @param {Event} event */
function comeBackHere(page, event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const next = form.closest(".masthead") ? form.elements.namedItem("next") : null;
  if (next instanceof HTMLInputElement) next.value = page.location.pathname + page.location.search;
}
