// @ts-check
/** Nothing is left behind: what is still being written is kept before a link is followed. */

/** @type {Set<() => Promise<void> | null>} */
const unfinished = new Set();

/** `finish` gives a promise while something has still to be kept, else null. @param {() => Promise<void> | null} finish */
export function beforeLeaving(finish) {
  unfinished.add(finish);
}

/** Every promise to wait for. @returns {Promise<unknown> | null} */
export function finishing() {
  const waiting = [...unfinished].map((finish) => finish()).filter((promise) => promise !== null);
  return waiting.length ? Promise.allSettled(waiting) : null;
}

/** Links wait for what is still being kept; closing the page tries to. */
export function watchLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.hash && link.pathname === location.pathname) return;
    const promise = finishing();
    if (!promise) return;
    event.preventDefault();
    promise.then(() => location.assign(link.href));
  });
  addEventListener("pagehide", finishing);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") finishing(); });
}
