// @ts-check
/** SHA-256 as hex. Plain-http pages have no `crypto.subtle`; there it is counted by hand, which takes a moment. */

/** @param {ArrayBuffer} bytes @returns {Promise<string>} */
export async function sha256(bytes) {
  const digest = globalThis.crypto?.subtle ? await crypto.subtle.digest("SHA-256", bytes) : byHand(new Uint8Array(bytes)).buffer;
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** FIPS 180-4. @param {Uint8Array} bytes @returns {Uint8Array} */
export function byHand(bytes) {
  const { start, k } = constants();
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(length - 4, (bytes.length << 3) >>> 0);
  const h = new Uint32Array(start);
  const w = new Uint32Array(64);
  for (let at = 0; at < length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
    for (let i = 16; i < 64; i++) w[i] = w[i - 16] + w[i - 7] + small(w[i - 15], 7, 18, 3) + small(w[i - 2], 17, 19, 10);
    let [a, b, c, d, e, f, g, z] = h;
    for (let i = 0; i < 64; i++) {
      const one = (z + big(e, 6, 11, 25) + (e & f ^ ~e & g) + k[i] + w[i]) | 0;
      const two = (big(a, 2, 13, 22) + (a & b ^ a & c ^ b & c)) | 0;
      [a, b, c, d, e, f, g, z] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
    }
    [a, b, c, d, e, f, g, z].forEach((value, i) => { h[i] += value; });
  }
  const made = new DataView(new ArrayBuffer(32));
  h.forEach((value, i) => made.setUint32(i * 4, value));
  return new Uint8Array(made.buffer);
}

/** The first bits of the roots of primes. */
function constants() {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const bits = (/** @type {number} */ root) => ((root % 1) * 2 ** 32) | 0;
  return { start: primes.slice(0, 8).map((prime) => bits(Math.sqrt(prime))), k: primes.map((prime) => bits(Math.cbrt(prime))) };
}

/** @param {number} x @param {number} n */
const turn = (x, n) => x >>> n | x << 32 - n;
/** @param {number} x @param {number} a @param {number} b @param {number} c */
const small = (x, a, b, c) => turn(x, a) ^ turn(x, b) ^ x >>> c;
/** @param {number} x @param {number} a @param {number} b @param {number} c */
const big = (x, a, b, c) => turn(x, a) ^ turn(x, b) ^ turn(x, c);
