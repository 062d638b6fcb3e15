// @ts-check
/**
 * Which sheets this device needs.
 *
 * @typedef {Pick<import("../local/records.js").Store, "list">} Store
 */

export const LANGUAGES = ["id", "en"];
const VERSION = /^version\.(\d+)$/;

/**
 * `<rubric>@<version>` of the newest version of each active rubric, and of every version a draft here was begun with.
 * @param {Store} store @returns {Promise<string[]>}
 */
export async function sheetKeys(store) {
  const keys = new Set();
  for (const { record, fields } of await store.list("rubric")) {
    const newest = Math.max(0, ...Object.keys(fields).map((name) => Number(VERSION.exec(name)?.[1] ?? 0)));
    if (fields.active !== false && newest > 0) keys.add(`${record.slice("rubric/".length)}@${newest}`);
  }
  for (const { fields } of await store.list("observation")) {
    if (fields.status !== "signed" && typeof fields.rubric === "string") keys.add(fields.rubric);
  }
  return [...keys].sort();
}
