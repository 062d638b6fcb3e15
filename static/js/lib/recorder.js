// @ts-check
/** Sound from the microphone, where the browser offers it: not on plain-http pages. */

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 24_000;
const SO_FAR_MS = 15_000;
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
 * Listen from now on. Rejects when the person or the tablet does not allow it. It ends by itself after MOST_SECONDS.
 * @param {(soFar: {data: ArrayBuffer, type: string}) => void} hear told every quarter of a minute, should the page end @returns {Promise<{stop: () => void, sound: Promise<{data: ArrayBuffer, type: string}>}>}
 */
export async function listen(hear) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: type(), audioBitsPerSecond: BITS_PER_SECOND });
  /** @type {Blob[]} */
  const pieces = [];
  const whole = async () => ({ data: await new Blob(pieces).arrayBuffer(), type: recorder.mimeType.split(";")[0] });
  recorder.addEventListener("dataavailable", ({ data }) => {
    pieces.push(data);
    if (recorder.state === "recording") whole().then(hear);
  });
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  const timer = setTimeout(() => recorder.stop(), MOST_SECONDS * 1000);
  recorder.start(SO_FAR_MS);
  return {
    stop: () => { if (recorder.state !== "inactive") recorder.stop(); },
    sound: ended.then(async () => {
      clearTimeout(timer);
      for (const track of stream.getTracks()) track.stop();
      return whole();
    }),
  };
}
