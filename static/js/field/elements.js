// @ts-check
/** Finding and making parts of the page. */

/** The one element the template promised. @param {string} selector @param {ParentNode} [within] @returns {HTMLElement} */
export function the(selector, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement[]} */
export function every(selector, within = document) {
  return [...within.querySelectorAll(selector)].filter((each) => each instanceof HTMLElement);
}

/** @param {string} tag @param {{class?: string, text?: string, data?: Record<string, string>}} [parts] @param {...Node} children */
export function make(tag, parts = {}, ...children) {
  const made = document.createElement(tag);
  if (parts.class) made.className = parts.class;
  if (parts.text !== undefined) made.textContent = parts.text;
  Object.assign(made.dataset, parts.data ?? {});
  made.append(...children);
  return made;
}

/** @param {string} text @param {string} style @param {() => void} act */
export function button(text, style, act) {
  const made = /** @type {HTMLButtonElement} */ (make("button", { class: style, text }));
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Writing only what changed keeps the page still. @param {HTMLElement} element @param {string} text */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
