// @ts-check
/**
 * The same page in the other language, at the same place: how far it was scrolled, what was open, what was half typed.
 * What belongs to a record is on the disk already; this is for the rest, and for one page of one tab.
 *
 * @typedef {{page: string, focused: string, values: Record<string, string | boolean>, scrolled: Record<string, number>,
 *   opened: string[]}} Place
 */

const KEY = "observe-place";
const TYPED = "input[id]:not([type=password], [type=file]), textarea[id], select[id]";

/** @param {Element | null} focused where she was writing */
export function rememberPlace(focused) {
  /** @type {Place} */
  const place = { page: page(), focused: focused?.id ?? "", values: {}, scrolled: {}, opened: [] };
  for (const entry of document.querySelectorAll(TYPED)) {
    if (isOfARecord(entry)) continue;
    place.values[entry.id] = isTicked(entry) ? entry.checked : /** @type {HTMLInputElement} */ (entry).value;
  }
  for (const element of document.querySelectorAll("[id]")) if (element.scrollTop > 0) place.scrolled[element.id] = element.scrollTop;
  place.scrolled[""] = scrollY;
  for (const details of document.querySelectorAll("details[id][open]")) place.opened.push(details.id);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(place));
  } catch {
    // storage switched off: the page begins at its top
  }
}

/** Once the page is drawn: back to where she was, if she was on this page in the other language. */
export function keepPlace() {
  const place = remembered();
  if (!place) return;
  for (const id of place.opened) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, value] of Object.entries(place.values)) putBack(document.getElementById(id), value);
  for (const [id, top] of Object.entries(place.scrolled)) if (id) document.getElementById(id)?.scrollTo(0, top);
  scrollTo(0, place.scrolled[""] ?? 0);
  const entry = document.getElementById(place.focused);
  entry?.focus({ preventScroll: true });
  if (entry?.matches(TYPED) && !isInView(entry)) entry.scrollIntoView({ block: "center" }); // she went up to the switch
}

/** @returns {Place | null} */
function remembered() {
  try {
    const text = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    const place = JSON.parse(text ?? "null");
    return place?.page === page() ? place : null;
  } catch {
    return null;
  }
}

/** @param {Element | null} entry @param {string | boolean} value */
function putBack(entry, value) {
  if (!entry) return;
  if (isTicked(entry) && typeof value === "boolean") {
    if (entry.checked === value) return;
    entry.checked = value;
    entry.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (typeof value === "string" && /** @type {HTMLInputElement} */ (entry).value !== value) {
    /** @type {HTMLInputElement} */ (entry).value = value;
    entry.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {Element} entry @returns {entry is HTMLInputElement} */
function isTicked(entry) {
  return entry instanceof HTMLInputElement && (entry.type === "checkbox" || entry.type === "radio");
}

/** A field of a record is read from the disk again; how light the page is, from its own place. @param {Element} entry */
function isOfARecord(entry) {
  return entry.matches("[data-field], [data-theme-choice]");
}

/** @param {Element} element */
function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** This page, whatever its language. */
function page() {
  return location.pathname.replace(/^\/field\/(id|en)\//, "/field/") + location.search;
}
