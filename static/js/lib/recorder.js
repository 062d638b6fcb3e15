// @ts-check
/** Sound from the microphone, where the browser offers it: not on plain-http pages. */

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 24_000;
export const SO_FAR_MS = 15_000;
export const MOST_SECONDS = 10 * 60;

/** Whether sound can be recorded here. @returns {boolean} */
export function canRecord() {
  return Boolean(navigator.mediaDevices?.getUserMedia) && typeof MediaRecorder !== "undefined" && type() !== undefined;
}

/** @returns {string | undefined} */
function type() {
  return TYPES.find((each) => MediaRecorder.isTypeSupported(each));
}

/**
 * Listen from now on. Rejects when the person or the tablet does not allow it, or when it is not wanted any more by the
 * time they do; then no microphone stays open. It ends by itself after MOST_SECONDS.
 * @param {(soFar: {data: ArrayBuffer, type: string}) => void} hear told every quarter of a minute, should the page end
 * @param {() => boolean} isWanted @returns {Promise<{stop: () => void, sound: Promise<{data: ArrayBuffer, type: string}>}>}
 */
export async function listen(hear, isWanted) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  try {
    if (!isWanted()) throw new Error("nobody waits for it any more");
    return record(stream, hear);
  } catch (error) {
    close(stream);
    throw error;
  }
}

/** @param {MediaStream} stream @param {(soFar: {data: ArrayBuffer, type: string}) => void} hear */
function record(stream, hear) {
  const recorder = new MediaRecorder(stream, { mimeType: type(), audioBitsPerSecond: BITS_PER_SECOND });
  /** @type {Blob[]} */
  const pieces = [];
  const whole = async () => ({ data: await new Blob(pieces).arrayBuffer(), type: recorder.mimeType.split(";")[0] });
  recorder.addEventListener("dataavailable", ({ data }) => {
    pieces.push(data);
    if (recorder.state === "recording") whole().then(hear);
  });
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  recorder.start(SO_FAR_MS);
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  const timer = setTimeout(stop, MOST_SECONDS * 1000);
  const sound = ended.then(() => {
    clearTimeout(timer);
    close(stream);
    return whole();
  });
  return { stop, sound };
}

/** @param {MediaStream} stream */
function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}
