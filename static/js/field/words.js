// @ts-check
/** The page's texts in its language: one JSON block, written by `observe/web/field_messages.py`. */

import { isPhone } from "./device_words.js";

/** @type {Record<string, string | {one: string, other: string}> | null} */
let texts = null;

function all() {
  texts ??= JSON.parse(document.getElementById("words")?.textContent || "{}");
  return /** @type {Record<string, string | {one: string, other: string}>} */ (texts);
}

/** The language of the page. @returns {"id" | "en"} */
export function language() {
  return document.documentElement.lang === "en" ? "en" : "id";
}

/**
 * One text, with its {places} filled. `values.count` chooses between one and many; {device} is what she holds.
 * @param {string} key @param {Record<string, string | number>} [values] @returns {string}
 */
export function say(key, values = {}) {
  const found = all()[key];
  if (found === undefined) throw new Error(`no text called ${key}`);
  const text = typeof found === "string" ? found : values.count === 1 ? found.one : found.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => (name === "device" && !("device" in values) ? say(deviceKey()) : String(values[name])));
}

function deviceKey() {
  return isPhone() ? "device.phone" : "device.tablet";
}
