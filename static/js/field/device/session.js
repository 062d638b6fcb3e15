// @ts-check
/**
 * Who is signed in at the centre, in this browser. The pages work without it; pairing and signing out need it.
 *
 * @typedef {{token: string, person: string, name: string}} Session
 */

/** Null when nobody is, or when the centre cannot be reached. @returns {Promise<Session | null>} */
export async function session() {
  try {
    const response = await fetch("/csrf", { credentials: "same-origin", cache: "no-store", redirect: "error", headers: { Accept: "application/json" } });
    const said = response.ok ? await response.json() : null;
    return typeof said?.token === "string" && typeof said.person === "string" ? said : null;
  } catch {
    return null;
  }
}

/** End the session at the centre. Whether the centre heard it. @returns {Promise<boolean>} */
export async function endSession() {
  const found = await session();
  if (!found) return navigator.onLine;
  try {
    const response = await fetch("/sign-out", { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": found.token } });
    return response.type === "opaqueredirect" || response.ok;
  } catch {
    return false;
  }
}

/** Speak this language from now on, here and at the centre; without a signal the address alone says it. @param {string} language */
export async function setLanguage(language) {
  const found = await session();
  if (!found) return;
  await fetch(`/language/${language}`, { method: "POST", credentials: "same-origin", redirect: "manual", keepalive: true, headers: { "X-CSRFToken": found.token } }).catch(() => {});
}
