// @ts-check
/**
 * Whether this device works where there is no signal: the records are on it, and every page and form opens.
 *
 * @typedef {import("../here.js").Here} Here
 */
import { onState, state } from "../../exchange/exchange.js";
import { readyForOffline } from "../../exchange/shells.js";
import { part, reveal, write } from "../rows.js";
import { say } from "../words.js";
import { afterwards, isWelcome } from "./going_on.js";

const LOOK_MS = 700;
const PATIENCE_MS = 90_000;

/** Keep saying how far it is, until it is ready. @param {HTMLElement} root @param {Here} here */
export function watchReadiness(root, here) {
  const begunMs = Date.now();
  let isReady = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = async () => {
    clearTimeout(timer);
    isReady = await readyForOffline().catch(() => false);
    const isWorking = !isReady && Date.now() - begunMs < PATIENCE_MS && navigator.onLine;
    await draw(root, here, isReady, isWorking);
    if (isWorking) timer = setTimeout(look, LOOK_MS);
  };
  onState(() => { if (!isReady) look(); else drawPersistence(root); });
  look();
}

/** @param {HTMLElement} root @param {Here} here @param {boolean} isReady @param {boolean} isWorking */
async function draw(root, { store }, isReady, isWorking) {
  const isFetched = state().firstPullComplete;
  const fetched = isFetched ? 0 : (await store.list("observation")).length + (await store.list("person")).length;
  setLine(root, "ready-pull", isFetched, isFetched ? say("ready.fetched") : say("ready.fetching", { count: fetched }));
  setLine(root, "ready-shells", isReady, say(shellsKey(isReady, isWorking)));
  reveal(root, "ready-progress", isWorking && canBeReady());
  reveal(root, "ready-go", isFetched && isWelcome());
  part(root, "ready-go").setAttribute("href", afterwards());
  drawPersistence(root);
}

/** @param {boolean} isReady @param {boolean} isWorking */
function shellsKey(isReady, isWorking) {
  if (isReady) return "ready.yes";
  if (!canBeReady()) return "ready.plain";
  return isWorking ? "ready.working" : "ready.not_yet";
}

/** A page on a plain http address may keep no pages. */
function canBeReady() {
  return isSecureContext && "serviceWorker" in navigator;
}

/** @param {HTMLElement} root */
function drawPersistence(root) {
  const { isPersistent } = state();
  write(root, "ready-stays", isPersistent === null ? "" : say(isPersistent ? "ready.stays" : "ready.may_go"));
}

/** @param {HTMLElement} root @param {string} name @param {boolean} isDone @param {string} text */
function setLine(root, name, isDone, text) {
  const line = part(root, name);
  line.dataset.state = isDone ? "done" : "waiting";
  if (line.textContent !== text) line.textContent = text;
}
