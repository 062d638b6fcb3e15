// @ts-check
/**
 * The sheets of the rubrics on this device, cached so that they open with no network, for the build in use and for a
 * newer one that waits. A newer build is offered only once it could open everything the one in use can.
 *
 * @typedef {import("../local/records.js").Store} Store
 */
import { LANGUAGES, sheetKeys } from "./sheets.js";

const PREFIX = "observe-";
const PATIENCE_MS = 10_000;
const AGAIN_MS = 15_000;
const AT_ONCE = 3;
const MATCH = { ignoreVary: true };

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Store | null} */
let store = null;
let isBusy = () => false;
let isUpdateReady = false;
/** @type {Promise<void> | null} */
let running = null;
let isAskedAgain = false;
/** @type {Set<string>} sheets the centre does not have */
const absent = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;

/**
 * Keep the shells of this person's rubrics cached from now on.
 * @param {Store} ofWhom @param {() => boolean} isExchanging
 */
export function watch(ofWhom, isExchanging) {
  store = ofWhom;
  isBusy = isExchanging;
  if (!("serviceWorker" in navigator)) return;
  ofWhom.onChange(({ records }) => {
    if (records?.some((record) => record.startsWith("rubric/"))) keepShells();
    else planAgain(); // an observation may name a version of its own; looking through them all can wait
  });
  navigator.serviceWorker.ready.then(keepShells);
  navigator.serviceWorker.addEventListener("controllerchange", keepShells);
  navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).then((registration) => {
    const follow = () => registration.installing?.addEventListener("statechange", keepShells);
    registration.addEventListener("updatefound", follow);
    follow();
    keepShells();
  }).catch(() => {}); // offline, or a page that may not have one: the records are kept all the same
}

/** Whether every page and every sheet opens on this device with no network. @returns {Promise<boolean>} */
export async function readyForOffline() {
  if (!store || !navigator.serviceWorker?.controller || !(await store.meta("firstPullComplete"))) return false;
  const addresses = (await wanted()).filter((address) => !absent.has(address));
  const found = await Promise.all(addresses.map((address) => caches.match(address, MATCH)));
  return !found.includes(undefined);
}

/** Hear when a newer version is ready to be used. @param {() => void} hear @returns {() => void} */
export function onUpdateReady(hear) {
  listeners.add(hear);
  if (isUpdateReady) hear();
  return () => listeners.delete(hear);
}

/** Go over to the newer version: not while an exchange runs. The page opens again where it was. */
export async function acceptUpdate() {
  const registration = await navigator.serviceWorker?.getRegistration();
  while (isBusy()) await new Promise((resolve) => setTimeout(resolve, 200));
  if (!registration?.waiting) return location.reload(); // it took over already
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  setTimeout(() => location.reload(), PATIENCE_MS); // the old one may be slow to let go; asking again does no harm
  registration.waiting.postMessage("take-over");
}

function planAgain() {
  again ??= setTimeout(keepShells, AGAIN_MS);
}

function keepShells() {
  clearTimeout(again);
  again = undefined;
  isAskedAgain = true;
  running ??= keepAll().finally(() => { running = null; });
}

async function keepAll() {
  while (isAskedAgain) {
    isAskedAgain = false;
    const isDone = await keepOnce().catch(() => false); // no network, or no room: said by readyForOffline
    if (!isDone) planAgain();
  }
}

/** Whether nothing is left to do. */
async function keepOnce() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const addresses = await wanted();
  const [waiting, current] = await Promise.all([buildOf(registration?.waiting), buildOf(registration?.active)]);
  if (waiting && await fill(waiting, addresses)) announce();
  const isFilled = current !== null && await fill(current, addresses);
  if (current && isFilled && !registration?.waiting && !registration?.installing) await dropOthers(current);
  return isFilled;
}

/** @returns {Promise<string[]>} */
async function wanted() {
  const keys = store ? await sheetKeys(store) : [];
  return LANGUAGES.flatMap((language) => keys.map((key) => `/field/${language}/sheet/${key}`));
}

/** Cache what is missing, a few at a time; whether nothing is missing now. @param {string} build @param {string[]} addresses */
async function fill(build, addresses) {
  const cache = await caches.open(PREFIX + build);
  const left = [...addresses];
  let isFilled = true;
  const fetchOn = async () => {
    for (let address = left.shift(); address !== undefined && isFilled; address = left.shift()) {
      if (!absent.has(address) && !await cache.match(address, MATCH) && !await fetchInto(cache, build, address)) isFilled = false;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchOn));
  return isFilled;
}

/** Whether the centre gave this build's sheet. @param {Cache} cache @param {string} build @param {string} address */
async function fetchInto(cache, build, address) {
  const { token } = (await store?.meta("pairing")) ?? {};
  const answer = await fetch(address, { headers: { Authorization: `Bearer ${token}` }, redirect: "error", cache: "no-store" });
  if (answer.status === 404) return Boolean(absent.add(address));
  if (answer.status !== 200 || answer.headers.get("X-Observe-Build") !== build) return false;
  await cache.put(address, answer);
  return true;
}

/** @param {ServiceWorker | null | undefined} worker @returns {Promise<string | null>} */
function buildOf(worker) {
  if (!worker) return Promise.resolve(null);
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), PATIENCE_MS);
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage("build", [port2]);
  });
}

function announce() {
  isUpdateReady = true;
  for (const hear of listeners) hear();
}

/** @param {string} build */
async function dropOthers(build) {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== PREFIX + build) await caches.delete(name);
}
