// @ts-check
/**
 * Field pages. What is on the device is drawn first; then the frame around it comes to life, for which nobody came.
 */
import { watchHandingOn } from "./handed_on.js";
import { here } from "./here.js";
import { watchLinks } from "./leaving.js";
import { languageSwitch } from "./language.js";
import { the } from "./elements.js";
import { stateLine } from "./state_line.js";

/** @type {Record<string, () => Promise<any>>} */
const PAGES = {
  device: () => import("./device.js"),
  feedback: () => import("./feedback.js"),
  observe: () => import("./observe.js"),
  read: () => import("./read.js"),
  records: () => import("./records.js"),
  sheet: () => import("./sheet/sheet.js"),
  today: () => import("./today.js"),
};
const PATIENCE_MS = 1000;
const PAINTED_MS = 100;

here().catch(() => {}); // whoever needs it hears of it; the disk is asked while the browser still reads the page
watchHandingOn();
watchLinks();
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", openAll, { once: true });
else openAll();

function openAll() {
  const opened = Promise.all([...document.querySelectorAll("[data-page]")].map(open));
  Promise.race([opened.then(painted), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).finally(begin);
}

/** @param {Element} root */
async function open(root) {
  const name = root.getAttribute("data-page") ?? "";
  await (await PAGES[name]())[name](root);
}

/** After the browser had its chance to paint; a hidden page is not painted at all. */
function painted() {
  return new Promise((resolve) => {
    setTimeout(resolve, PAINTED_MS);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

function begin() {
  void stateLine(the("#state-line"));
  languageSwitch(/** @type {HTMLAnchorElement} */ (the("#language-switch")));
}
