// @ts-check
/** Rows of a page, copied from its `<template>` elements. What a person wrote only ever enters as text. */

/**
 * A copy of the one element in the template `id`; every `[data-fill]` place takes its text, and an empty one goes.
 * @param {string} id @param {Record<string, string | number | null | undefined>} [texts] @returns {HTMLElement}
 */
export function row(id, texts = {}) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const copy = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  for (const place of places(copy)) {
    const text = String(texts[place.dataset.fill ?? ""] ?? "");
    if (text) place.textContent = text;
    else place.remove();
  }
  return copy;
}

/**
 * Show these rows in a list, and nothing else. A row that says the same as before stays the very same element: a finger
 * that is on it still hits it, and the focus stays.
 * @param {Element} list @param {Iterable<Element>} rows
 */
export function show(list, rows) {
  const standing = [...list.children];
  let at = 0;
  for (const row of rows) {
    const old = standing[at++];
    if (!old) list.append(row);
    else if (!old.isEqualNode(row)) old.replaceWith(row);
  }
  for (const old of standing.slice(at)) old.remove();
}

/** Write `text` into the part of the page called `name`; an empty text hides it. @param {Element} root @param {string} name @param {string} text */
export function write(root, name, text) {
  const place = part(root, name);
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}

/** The part of the page called `name`. @param {Element} root @param {string} name @returns {HTMLElement} */
export function part(root, name) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`no part called ${name}`);
  return found;
}

/** Show a part of the page, or not. @param {Element} root @param {string} name @param {boolean} isShown */
export function reveal(root, name, isShown) {
  part(root, name).hidden = !isShown;
}

/** Words between dots, without the empty ones. @param {(string | null | undefined | false)[]} words @returns {string} */
export function line(...words) {
  return words.filter(Boolean).join(" · ");
}

/** @param {HTMLElement} copy @returns {HTMLElement[]} */
function places(copy) {
  return /** @type {HTMLElement[]} */ ([...copy.querySelectorAll("[data-fill]")]);
}
