// @ts-check
/**
 * A field page: opened for whoever uses this tablet, drawn from the records on it, and drawn again when they change.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {(here: Here, changed: Set<string> | null) => Promise<void>} Draw `changed`: the records that did, or null for many
 */
import { asCode } from "./device_errors.js";
import { here } from "./here.js";
import { tellNotKept } from "./state_line.js";
import { keepPlace } from "./same_place.js";
import { part, reveal } from "./rows.js";
import { language, say } from "./words.js";
import { session } from "../exchange/session.js";
import { onState } from "../exchange/exchange.js";

const TOGETHER_MS = 60;

let isFilled = false;

/**
 * Draw the page in `root` now and after every change; not while somebody writes in a part that would be made anew.
 * @param {HTMLElement} root @param {Draw} draw
 */
export async function openPage(root, draw) {
  try {
    const found = await here();
    if (!found) return await askWhoThisIs(root);
    isFilled = found.isFilled;
    offerOnlyWhatIsHers(found);
    offerOffice(found);
    sayWhose(found);
    await draw(found, null);
    reveal(root, "page", true);
    keepPlace();
    drawAgain(root, found, draw);
  } catch (error) {
    cannotOpen(root, error);
  }
}

/** Somebody may have signed in at the centre already; then only this device does not know her yet. @param {HTMLElement} root */
async function askWhoThisIs(root) {
  const signedIn = root.id === "device" ? null : await session();
  if (signedIn) location.replace(`/field/${language()}/device?${new URLSearchParams({ welcome: "1", next: location.pathname + location.search })}`);
  else reveal(root, "nobody", true);
}

/** Whether everything this person may see has been fetched once. */
export function hasEverything() {
  return isFilled;
}

/** @param {Here} found @param {string} role @returns {boolean} */
export function hasRole(found, role) {
  return found.schools.some((school) => school.roles.includes(role));
}

/** The office of the first school this person administers. @param {{id: string, roles: string[]}[]} schools @returns {string} */
export function officeOf(schools) {
  const school = schools.find(({ roles }) => roles.includes("administrator"));
  return school ? `/office/${school.id}/observations` : "";
}

/** @param {Here} found @param {string} school @returns {string | undefined} */
export function zoneOf(found, school) {
  return (found.schools.find((each) => each.id === school) ?? found.schools[0])?.time_zone;
}

/** @param {HTMLElement} root @param {Here} found @param {Draw} draw */
function drawAgain(root, found, draw) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Set<string> | null} */
  let changed = new Set();
  let isLate = false;
  const again = () => {
    isLate = isWriting(root);
    if (isLate) return;
    const news = changed;
    changed = new Set();
    draw(found, news).catch((error) => cannotOpen(root, error));
  };
  /** @param {string[] | null} records */
  const soon = (records) => {
    changed = changed && records && new Set([...changed, ...records]);
    clearTimeout(timer);
    timer = setTimeout(again, TOGETHER_MS);
  };
  found.store.onChange(({ records }) => soon(records));
  onState(({ firstPullComplete }) => {
    if (isFilled || !firstPullComplete) return;
    isFilled = true;
    soon(null);
  });
  root.addEventListener("focusout", () => { if (isLate) soon([]); });
}

/** Whether somebody writes in a part that would be made anew. @param {HTMLElement} root */
function isWriting(root) {
  const focused = document.activeElement;
  return root.contains(focused) && Boolean(focused?.matches("[data-redrawn] textarea, [data-redrawn] input"));
}

/** A teacher who does not observe is not offered the observer's pages. @param {Here} found */
function offerOnlyWhatIsHers(found) {
  const isObserver = hasRole(found, "observer");
  for (const link of document.querySelectorAll(".nav__link")) {
    const isObservers = /\/(observe|records)$/.test(link.getAttribute("href") ?? "");
    if (isObservers && !isObserver) link.closest("li")?.setAttribute("hidden", "");
  }
}

/** An administrator goes to the office from here. @param {Here} found */
function offerOffice(found) {
  const address = officeOf(found.schools);
  const last = document.querySelector(".nav__list > li:last-child");
  if (!address || !last) return;
  const item = /** @type {HTMLElement} */ (last.cloneNode(true));
  const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
  item.classList.add("nav__office");
  link.href = address;
  link.removeAttribute("aria-current");
  link.textContent = say("page.office");
  last.after(item);
}

/** Whose pages these are, in their place at the top. @param {Here} found */
function sayWhose({ person }) {
  const place = document.getElementById("whose");
  if (place) place.textContent = person.name.split(",")[0];
}

/** @param {HTMLElement} root @param {unknown} error */
function cannotOpen(root, error) {
  console.error(error);
  tellNotKept(asCode(error));
  reveal(root, "broken", true);
  part(root, "broken-why").textContent = say("page.broken");
}
