// @ts-check
/**
 * Field pages. What is on the device is drawn first: Alpine, which brings the frame around it to life, costs a slow tablet
 * a third of a second, and nobody came for the frame.
 */
import { watchHandingOn } from "./handed_on.js";
import { here } from "./here.js";
import { watchLinks } from "./leaving.js";
import { languageSwitch } from "./language.js";
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

async function begin() {
  const { default: Alpine } = await import("../../vendor/alpine/alpine.js");
  Alpine.data("languageSwitch", languageSwitch);
  Alpine.data("stateLine", stateLine);
  Alpine.start();
}
