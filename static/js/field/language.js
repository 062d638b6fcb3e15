// @ts-check
import { setCurrent } from "../local/device.js";
import { setLanguage } from "../exchange/session.js";
import { here } from "./here.js";
import { finishing } from "./leaving.js";
import { rememberPlace } from "./same_place.js";

const CHOSEN = "observe-language-chosen";

/** The same page in the other language, at the same place, with everything that was written or half written. @param {HTMLAnchorElement} link */
export function languageSwitch(link) {
  /** @type {EventTarget | null} */
  let cameFrom = null;
  link.addEventListener("focus", ({ relatedTarget }) => { cameFrom = relatedTarget; });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    void go();
  });
  const chosen = taken();
  if (chosen && navigator.onLine) setLanguage(chosen); // the page is here already; nobody waits for the centre

  async function go() {
    const focused = document.activeElement === link ? cameFrom : document.activeElement; // Safari does not focus links
    rememberPlace(focused instanceof Element ? focused : null);
    await finishing();
    await remember(link.hreflang).catch(() => {}); // the address says the language, whatever is remembered
    location.assign(link.pathname + location.search + location.hash);
  }
}

/** @param {string} language */
async function remember(language) {
  sessionStorage.setItem(CHOSEN, language);
  const found = await here();
  if (found) await setCurrent({ ...found.person, language });
}

/** @returns {string | null} */
function taken() {
  try {
    const chosen = sessionStorage.getItem(CHOSEN);
    sessionStorage.removeItem(CHOSEN);
    return chosen;
  } catch {
    return null;
  }
}
