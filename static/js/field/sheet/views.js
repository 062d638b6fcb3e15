// @ts-check
/**
 * What is shown of the sheet, remembered as it changes and put back after a reload.
 *
 * @typedef {ReturnType<typeof import("./place.js").place>} Place
 */
import { anchorOf, backTo, scrollerOf } from "./place.js";
import { every, the } from "../elements.js";

/** @param {HTMLElement} root @param {Place} place @param {() => void} onSummary */
export function views(root, place, onSummary) {
  const rubric = the("#rubric-pane");
  const evidence = the("#evidence-pane");
  const summary = the("#summary");
  /** @type {string | null} */
  let cameFrom = null;
  const facts = /** @type {HTMLDetailsElement} */ (the("#lesson-facts"));

  document.addEventListener("click", ({ target }) => {
    const pressed = target instanceof Element ? target.closest("[data-go], [data-show], [data-area]") : null;
    if (!(pressed instanceof HTMLElement)) return;
    if (pressed.dataset.show) {
      cameFrom = null;
      showPane(pressed.dataset.show);
    }
    if (pressed.dataset.go === "summary") showView("summary");
    if (pressed.dataset.go === "lesson") showView("lesson");
    if (pressed.dataset.go === "lesson-facts") showFacts();
  });
  the("#sheet-areas").addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link) return;
    event.preventDefault(); // the address keeps naming the observation, and Back keeps leaving the sheet
    document.getElementById(link.hash.slice(1))?.scrollIntoView({ block: "start" });
  });
  facts.addEventListener("toggle", () => place.remember({ isFactsOpen: facts.open }));
  rubric.addEventListener("scroll", () => place.rememberSoon({ anchor: anchorOf(rubric) }), { passive: true });
  evidence.addEventListener("scroll", () => place.rememberSoon({ evidence: evidence.scrollTop }), { passive: true });
  summary.addEventListener("scroll", () => place.rememberSoon({ summary: summary.scrollTop }), { passive: true });
  addEventListener("scroll", () => { if (scrollerOf(rubric) !== rubric) place.rememberSoon({ anchor: anchorOf(rubric) }); }, { passive: true });
  addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.id) place.rememberSoon({ focus: caretOf(target) });
  });
  document.addEventListener("selectionchange", () => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && active.id) place.rememberSoon({ focus: caretOf(active) });
  });
  for (const event of ["pagehide", "visibilitychange"]) addEventListener(event, place.write, { capture: true });

  /** @param {string} view */
  function showView(view) {
    const anchor = root.dataset.view === "lesson" ? anchorOf(rubric) : place.now.anchor;
    root.dataset.view = view;
    place.remember({ view, anchor });
    if (view === "summary") {
      onSummary();
      summary.focus({ preventScroll: true });
    } else backTo(rubric, anchor);
  }

  /** On a phone; a tablet shows both. @param {string} pane */
  function showPane(pane) {
    const anchor = root.dataset.pane === "rubric" ? anchorOf(rubric) ?? place.now.anchor : place.now.anchor;
    root.dataset.pane = pane;
    place.remember({ pane, anchor });
    for (const each of every("[data-show]")) each.setAttribute("aria-pressed", String(each.dataset.show === pane));
    if (pane === "rubric") backTo(rubric, anchor);
  }

  /** Go to a pane for a while. @param {string} pane */
  function visit(pane) {
    const now = root.dataset.pane ?? "rubric";
    if (now === pane) return;
    cameFrom = now;
    showPane(pane);
  }

  /** Back to where the visit began, unless she went somewhere by herself. */
  function goBack() {
    if (cameFrom) showPane(cameFrom);
    cameFrom = null;
  }

  function showFacts() {
    showView("lesson");
    showPane("rubric");
    facts.open = true;
    facts.scrollIntoView({ block: "start" });
    the("#teacher").focus({ preventScroll: true });
  }

  /** @param {HTMLElement | null} item */
  function jumpTo(item) {
    if (!item) return;
    showView("lesson");
    showPane("rubric");
    item.scrollIntoView({ block: "center" });
    /** @type {HTMLElement | null} */ (item.querySelector("input:checked") ?? item.querySelector("input"))?.focus({ preventScroll: true });
  }

  /** Everything back where it was. @param {import("./place.js").Remembered} before */
  function restore({ view, pane, anchor, evidence: down, summary: far, focus, isFactsOpen }) {
    cameFrom = null;
    place.remember({ view, pane, anchor, evidence: down, summary: far, focus, isFactsOpen });
    facts.open = isFactsOpen;
    root.dataset.view = view;
    root.dataset.pane = pane;
    for (const each of every("[data-show]")) each.setAttribute("aria-pressed", String(each.dataset.show === pane));
    if (view === "summary") onSummary();
    backTo(rubric, anchor);
    evidence.scrollTop = down;
    summary.scrollTop = far;
    putCaret(focus);
  }

  return { showView, showPane, visit, goBack, showFacts, jumpTo, restore };
}

/** @param {HTMLElement} element @returns {import("./place.js").Focus} */
function caretOf(element) {
  const writes = element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type === "text");
  return { id: element.id, start: writes ? element.selectionStart : null, end: writes ? element.selectionEnd : null };
}

/** @param {import("./place.js").Focus | null} focus */
function putCaret(focus) {
  const element = focus && document.getElementById(focus.id);
  if (!focus || !element || element.getAttribute("role") === "combobox") return;
  element.focus({ preventScroll: true });
  if (focus.start !== null && (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement)) {
    element.setSelectionRange(focus.start, focus.end);
  }
}
