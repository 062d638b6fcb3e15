// @ts-check
/**
 * An address on this very site, whole; empty for anything that would lead elsewhere. Browsers drop tabs and line ends
 * and read a backslash as a slash, so only what the address comes to can be judged.
 * @param {string | null} wanted @param {string} origin @returns {string}
 */
export function onThisSite(wanted, origin) {
  if (!wanted?.startsWith("/")) return "";
  try {
    const address = new URL(wanted, origin);
    return address.origin === origin && !address.pathname.startsWith("//") ? address.href : "";
  } catch {
    return "";
  }
}
