// @ts-check
/**
 * The language is switched in the middle of a form: what was typed waits in this tab, and is typed in again.
 * Pass-phrases and files are never kept.
 *
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control
 * @typedef {{form: number, name: string, nth: number, value: string, checked?: boolean}} Typed
 * @typedef {{typed: Typed[], focus: string, scroll: number}} Kept
 */

const KEY = "observe-form:";
const SWITCHES = 'form[action^="/language/"]';
const NEVER = new Set(["password", "file", "hidden", "submit", "button", "reset", "image"]);

/** @param {Document} page */
export function startKeepingForms(page) {
  typeAgain(page);
  page.addEventListener("submit", ({ target }) => {
    if (target instanceof HTMLFormElement && target.matches(SWITCHES)) keep(page);
  });
}

/** @param {Document} page */
function keep(page) {
  const typed = controls(page).filter(({ control }) => isChanged(control)).map(({ control, form, nth }) => ({
    form, nth, name: control.name, value: control.value, ...(isTick(control) ? { checked: control.checked } : {}),
  }));
  /** @type {Kept} */
  const kept = { typed, focus: page.activeElement?.id ?? "", scroll: page.defaultView?.scrollY ?? 0 };
  try {
    if (typed.length) sessionStorage.setItem(KEY + location.pathname, JSON.stringify(kept));
  } catch {
    // no room, or storage switched off: the page opens as it is kept at the centre
  }
}

/** @param {Document} page */
function typeAgain(page) {
  const kept = taken();
  if (!kept) return;
  for (const { control, form, nth } of controls(page)) {
    const found = kept.typed.find((one) => one.form === form && one.name === control.name && one.nth === nth);
    if (!found) continue;
    if (isTick(control)) control.checked = found.checked ?? false;
    else control.value = found.value;
  }
  page.defaultView?.scrollTo(0, kept.scroll);
  if (kept.focus) page.getElementById(kept.focus)?.focus({ preventScroll: true });
}

/** @returns {Kept | null} */
function taken() {
  try {
    const text = sessionStorage.getItem(KEY + location.pathname);
    sessionStorage.removeItem(KEY + location.pathname);
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/**
 * Every control a person types in, with the number of its form and its number among those of the same name.
 * @param {Document} page @returns {{control: Control, form: number, nth: number}[]}
 */
function controls(page) {
  return [...page.forms].flatMap((element, form) => {
    /** @type {Map<string, number>} */
    const seen = new Map();
    return [...element.elements].filter(isControl).map((control) => {
      const nth = seen.get(control.name) ?? 0;
      seen.set(control.name, nth + 1);
      return { control, form, nth };
    });
  });
}

/** @param {Element} element @returns {element is Control} */
function isControl(element) {
  const isOne = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
  return isOne && element.name !== "" && !NEVER.has(element.type);
}

/** @param {Control} control @returns {control is HTMLInputElement} */
function isTick(control) {
  return control instanceof HTMLInputElement && (control.type === "checkbox" || control.type === "radio");
}

/** @param {Control} control @returns {boolean} */
function isChanged(control) {
  if (control instanceof HTMLSelectElement) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return isTick(control) ? control.checked !== control.defaultChecked : control.value !== control.defaultValue;
}
