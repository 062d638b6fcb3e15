// @ts-check
/**
 * Where the observer was: which pane, which item, which half-written note. Kept in this browser for each observation,
 * so that a reload, a closed tab or an empty battery lands in the same place. Holds no words that were written.
 *
 * @typedef {{id: string, at_s: number, tags: string[]}} OpenNote
 * @typedef {{id: string, start: number | null, end: number | null}} Focus
 * @typedef {{code: string, offset: number} | null} Anchor
 * @typedef {{view: string, pane: string, anchor: Anchor, evidence: number, summary: number, note: OpenNote | null,
 *   remarks: string[], isFactsOpen: boolean, focus: Focus | null}} Remembered
 */

const SETTLE_MS = 150;

/** @type {Remembered} */
const START = {
  view: "lesson", pane: "rubric", anchor: null, evidence: 0, summary: 0, note: null, remarks: [], isFactsOpen: false, focus: null,
};

/** @param {string} observation */
export function place(observation) {
  const key = `observe-place-${observation}`;
  const remembered = { ...START, ...read(key) };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function write() {
    clearTimeout(timer);
    try {
      localStorage.setItem(key, JSON.stringify(remembered));
    } catch {
      // no room or no storage: only the place is forgotten, never the records
    }
  }

  return {
    now: /** @type {Readonly<Remembered>} */ (remembered),
    /** @param {Partial<Remembered>} facts */
    remember(facts) {
      Object.assign(remembered, facts);
      write();
    },
    /** For what changes many times a second. @param {Partial<Remembered>} facts */
    rememberSoon(facts) {
      Object.assign(remembered, facts);
      clearTimeout(timer);
      timer = setTimeout(write, SETTLE_MS);
    },
    write,
  };
}

/** @param {string} key @returns {Partial<Remembered>} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) || "{}");
  } catch {
    return {};
  }
}

/** The item at the top of what is seen, and how far it is from the top. @param {HTMLElement} pane @returns {Anchor} */
export function anchorOf(pane) {
  const top = topOf(pane);
  for (const item of pane.querySelectorAll("[data-indicator]")) {
    const { bottom, top: at } = item.getBoundingClientRect();
    if (bottom > top) return { code: /** @type {HTMLElement} */ (item).dataset.indicator ?? "", offset: Math.round(at - top) };
  }
  return null;
}

/** Put the item back where it was. @param {HTMLElement} pane @param {Anchor} anchor */
export function backTo(pane, anchor) {
  const item = anchor && pane.querySelector(`[data-indicator="${CSS.escape(anchor.code)}"]`);
  if (!item) return;
  scrollerOf(pane).scrollTop += item.getBoundingClientRect().top - topOf(pane) - /** @type {{offset: number}} */ (anchor).offset;
}

/** @param {HTMLElement} pane */
function topOf(pane) {
  return scrollerOf(pane) === pane ? pane.getBoundingClientRect().top : 0;
}

/** What scrolls: the pane, or on a small or enlarged screen the page. @param {HTMLElement} pane @returns {Element} */
export function scrollerOf(pane) {
  return getComputedStyle(pane).overflowY === "visible" ? document.scrollingElement ?? pane : pane;
}
