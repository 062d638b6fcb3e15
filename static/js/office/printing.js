// @ts-check
/** A button that prints. It is shown only where there is a script to print with. @param {Document} page */
export function startPrinting(page) {
  for (const button of page.querySelectorAll("[data-print]")) {
    /** @type {HTMLElement} */ (button).hidden = false;
    button.addEventListener("click", () => page.defaultView?.print());
  }
}
