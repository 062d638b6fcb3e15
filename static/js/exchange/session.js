// @ts-check
/**
 * Who is signed in at the centre, in this browser. The pages work without it; pairing and signing out need it.
 *
 * Somebody who signs out where there is no signal leaves a session behind that the centre still believes in. This
 * device remembers that it is over, ends it as soon as it can, and never goes on with it.
 *
 * @typedef {{token: string, person: string, name: string, began_at: string, schools?: {id: string, roles: string[]}[]}} Session
 */

const LAST = "observe-session";
const OVER = "observe-session-over";
const ANY = "any";

/** Null when nobody is, or when the centre cannot be reached. @returns {Promise<Session | null>} */
export async function session() {
  const found = await ask();
  if (!found) return null;
  const over = recall(OVER);
  if (over === ANY || over === found.began_at) {
    if (await post("/sign-out", found.token)) recall(OVER, null);
    return null;
  }
  recall(OVER, null);
  recall(LAST, found.began_at);
  return found;
}

/** End the session at the centre; without a signal, as soon as there is one. */
export async function endSession() {
  recall(OVER, recall(LAST) ?? ANY);
  await session();
}

/** Speak this language from now on, at the centre too. @param {string} language */
export async function setLanguage(language) {
  const found = await session();
  if (found) await post(`/language/${language}`, found.token);
}

/** @returns {Promise<Session | null>} */
async function ask() {
  try {
    const response = await fetch("/csrf", { credentials: "same-origin", cache: "no-store", redirect: "error", headers: { Accept: "application/json" } });
    if (response.status === 401) recall(OVER, null); // it is over at the centre too
    const said = response.ok ? await response.json() : null;
    return typeof said?.token === "string" && typeof said.person === "string" ? said : null;
  } catch {
    return null;
  }
}

/** Whether the centre did it. @param {string} address @param {string} token @returns {Promise<boolean>} */
async function post(address, token) {
  try {
    const response = await fetch(address, { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token } });
    return response.type === "opaqueredirect" || response.ok;
  } catch {
    return false;
  }
}

/** Read a note of this browser, or write it; null forgets it. @param {string} name @param {string | null} [value] @returns {string | null} */
function recall(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
