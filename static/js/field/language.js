// @ts-check
import { finishing } from "./leaving.js";

/** The same page in the other language, with the same observation open and nothing lost. */
export function languageSwitch() {
  return {
    /** @param {MouseEvent} event */
    async go(event) {
      event.preventDefault();
      const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
      await finishing();
      location.assign(link.pathname + location.search + location.hash);
    },
  };
}
