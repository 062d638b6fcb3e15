// @ts-check
/**
 * A key that never leaves this device, and what it seals. Plain-http pages have no such keys: they seal nothing.
 *
 * @typedef {{mine: CryptoKey, told: string}} SealingKey `told` is the public half (SPKI in base64)
 */

const KIND = { name: "ECDSA", namedCurve: "P-256" };
const SEALING = { name: "ECDSA", hash: "SHA-256" };

/** A new key, or null where this page may not have one. @returns {Promise<SealingKey | null>} */
export async function newKey() {
  if (!globalThis.crypto?.subtle) return null;
  try {
    const made = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(KIND, false, ["sign"]));
    return { mine: made.privateKey, told: base64(await crypto.subtle.exportKey("spki", made.publicKey)) };
  } catch {
    return null; // a browser that cannot; its files are handed in by their author
  }
}

/** The seal over `text`. @param {CryptoKey} key @param {string} text @returns {Promise<string>} 64 bytes in base64 */
export async function seal(key, text) {
  return base64(await crypto.subtle.sign(SEALING, key, new TextEncoder().encode(text)));
}

/** @param {ArrayBuffer} bytes @returns {string} */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
