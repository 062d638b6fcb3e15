// @ts-check
/** A photo as it may leave the device: drawn anew, so that it is small and says nothing of where it was taken. */

const LONGEST_SIDE = 1600;
const SMALL_SIDE = 320;
const QUALITY = 0.8;
export const PHOTO_TYPE = "image/jpeg";

/** @param {Blob} file @returns {Promise<{data: ArrayBuffer, small: ArrayBuffer}>} rejects when it is no picture this browser can show */
export async function redrawn(file) {
  const picture = await createImageBitmap(file);
  try {
    return { data: await jpeg(picture, LONGEST_SIDE), small: await jpeg(picture, SMALL_SIDE) };
  } finally {
    picture.close();
  }
}

/** @param {ImageBitmap} picture @param {number} longest @returns {Promise<ArrayBuffer>} */
async function jpeg(picture, longest) {
  const part = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * part));
  canvas.height = Math.max(1, Math.round(picture.height * part));
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  brush.fillStyle = "#fff"; // what is see-through would be black
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((resolve) => canvas.toBlob(resolve, PHOTO_TYPE, QUALITY));
  canvas.width = canvas.height = 0; // old tablets give the memory back only then
  if (!made) throw new Error("this browser could not draw the picture");
  return made.arrayBuffer();
}
