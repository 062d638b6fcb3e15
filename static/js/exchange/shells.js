// @ts-check
/**
 * The sheets of the rubrics on this device, cached so that they open with no network, for the build in use and for a
 * newer one that waits. A newer build is offered only once it could open everything the one in use can.
 *
 * @typedef {import("../local/records.js").Store} Store
 */
import { LANGUAGES, sheetKeys } from "./sheets.js";

const PREFIX = "observe-";
const PATIENCE_MS = 3_000;
const MATCH = { ignoreSearch: true, ignoreVary: true };

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Store | null} */
let store = null;
let isBusy = () => false;
let isUpdateReady = false;
/** @type {Promise<void> | null} */
let running = null;
let isAskedAgain = false;

/**
 * Keep the shells of this person's rubrics cached from now on.
 * @param {Store} ofWhom @param {() => boolean} isExchanging
 */
export function watch(ofWhom, isExchanging) {
  store = ofWhom;
  isBusy = isExchanging;
  ofWhom.onChange(({ records }) => { if (records === null || records.some(mayMatter)) keepShells(); });
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).then((registration) => {
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => keepShells());
    });
    keepShells();
  }).catch(() => {}); // offline, or a page that may not have one: the records are kept all the same
}

/** Whether every page and every sheet opens on this device with no network. @returns {Promise<boolean>} */
export async function readyForOffline() {
  if (!store || !navigator.serviceWorker?.controller || !(await store.meta("firstPullComplete"))) return false;
  const found = await Promise.all((await wanted()).map((address) => caches.match(address, MATCH)));
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
  if (!registration?.waiting) return;
  while (isBusy()) await new Promise((resolve) => setTimeout(resolve, 200));
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage("take-over");
}

/** @param {string} record */
function mayMatter(record) {
  return record.startsWith("rubric/") || record.startsWith("observation/");
}

function keepShells() {
  isAskedAgain = true;
  running ??= keepAll().finally(() => { running = null; });
}

async function keepAll() {
  while (isAskedAgain) {
    isAskedAgain = false;
    await keepOnce().catch(() => {}); // no network, or no room: said by readyForOffline
  }
}

async function keepOnce() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const addresses = await wanted();
  const [waiting, current] = await Promise.all([buildOf(registration?.waiting), buildOf(registration?.active)]);
  if (waiting && await fill(waiting, addresses)) announce();
  if (!current) return;
  if (await fill(current, addresses) && !waiting && !registration?.installing) await dropOthers(current);
}

/** @returns {Promise<string[]>} */
async function wanted() {
  const keys = store ? await sheetKeys(store) : [];
  return LANGUAGES.flatMap((language) => keys.map((key) => `/field/${language}/sheet/${key}`));
}

/** Cache what is missing; whether nothing is missing now. @param {string} build @param {string[]} addresses */
async function fill(build, addresses) {
  const cache = await caches.open(PREFIX + build);
  const { token } = (await store?.meta("pairing")) ?? {};
  for (const address of addresses) {
    if (await cache.match(address, MATCH)) continue;
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${token}` }, redirect: "error", cache: "no-store" });
    if (answer.status !== 200 || answer.headers.get("X-Observe-Build") !== build) return false;
    await cache.put(address, answer);
  }
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
