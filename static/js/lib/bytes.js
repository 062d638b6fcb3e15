// @ts-check

/** Bytes of `text` as UTF-8. @param {string} text @returns {number} */
export function utf8Length(text) {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xe000) bytes += 2; // half of a pair of four bytes
    else bytes += 3;
  }
  return bytes;
}

/** Whether this browser can compress. @returns {boolean} */
export function canGzip() {
  return typeof CompressionStream !== "undefined";
}

/** `text`, compressed. @param {string} text @returns {Promise<Blob>} */
export async function gzip(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).blob();
}
