// @ts-check
/**
 * The last letters before a page is closed. The disk is asked in breaths, and a page that closes cannot wait for it: what it
 * still holds is put where one line is enough, and kept by the next page that opens for the same person.
 *
 * @typedef {import("../local/records.js").Edit} Edit
 */

const PREFIX = "observe-unkept/";
const MINE = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** @type {Set<() => Edit[]>} */
const sources = new Set();

/** `edits` gives what is not known to be on the disk. @param {() => Edit[]} edits */
export function alsoUnkept(edits) {
  sources.add(edits);
}

/** From now on, nothing written on this page is lost with it. @param {string} person */
export function watchClosing(person) {
  const key = `${PREFIX}${person}/${MINE}`;
  addEventListener("pagehide", () => {
    const edits = [...sources].flatMap((each) => each());
    if (edits.length) put(key, edits);
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) drop(key); }); // this page goes on, and holds them itself
}

/**
 * Keep what closed pages left. They leave here only once all of them are on the disk: kept twice is kept once, and an edit
 * that cannot be kept stays for the next time.
 * @param {string} person @param {(edit: Edit) => Promise<void>} keep
 */
export async function keepLeftovers(person, keep) {
  for (const key of keys(`${PREFIX}${person}/`)) {
    let isKept = true;
    for (const edit of read(key)) await keep(edit).catch(() => { isKept = false; });
    if (isKept) drop(key);
  }
}

/** @param {string} start @returns {string[]} */
function keys(start) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start)).sort();
  } catch {
    return []; // storage switched off
  }
}

/** @param {string} key @returns {Edit[]} */
function read(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** @param {string} key @param {Edit[]} edits */
function put(key, edits) {
  try {
    localStorage.setItem(key, JSON.stringify(edits));
  } catch {
    // no room, or storage switched off: then only what the disk has is kept, as the state line said
  }
}

/** @param {string} key */
function drop(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // storage switched off
  }
}
