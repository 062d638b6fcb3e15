// @ts-check
/**
 * Field pages without a network: fingerprinted files and empty shells, nothing that holds a person's data. The server
 * writes the build and the list in. A new build waits until somebody accepts it (`js/exchange/shells.js`).
 */
const BUILD = "__BUILD__";
const FILES = ["__FILES__"];
const CACHE = `observe-${BUILD}`;
const AS_KEPT = { ignoreVary: true };
const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  const requests = FILES.map((file) => new Request(file, { redirect: "error" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
  // where the browser can, files come out of the cache without waking this worker for each
  event.addRoutes?.([{ condition: { urlPattern: `/static/${BUILD}/*` }, source: { cacheName: CACHE } }]);
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(worker.clients.claim().then(dropOlderBuilds));
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "build") event.ports[0].postMessage(BUILD);
  if (event.data === "take-over") worker.skipWaiting();
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(kept(url.pathname).then((found) => found ?? fetch(request)));
  else if (request.mode !== "navigate") return;
  else if (url.pathname.startsWith("/field/")) event.respondWith(shell(request, url));
  else if (url.pathname === "/") event.respondWith(fetch(request).catch(() => elsewhere(url)));
});

/**
 * This build's copy, or one an older build left. Everything lies under its bare path: to leave out the question mark
 * while looking would make the browser open every entry of the cache for each file.
 * @param {string} path @returns {Promise<Response | undefined>}
 */
async function kept(path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, AS_KEPT)) ?? caches.match(path, AS_KEPT);
}

/** @param {Request} request @param {URL} url @returns {Promise<Response>} */
async function shell(request, url) {
  return (await kept(url.pathname)) ?? fetch(request).catch(() => elsewhere(url));
}

/** Without a network and without that page: the first page, in the same language. @param {URL} url @returns {Promise<Response>} */
async function elsewhere(url) {
  const language = url.pathname.split("/")[2] || "id";
  const today = `/field/${language}/today`;
  const isThere = url.pathname !== today && (await kept(today)) !== undefined;
  return isThere ? Response.redirect(`${today}?missing=${encodeURIComponent(url.pathname)}`) : Response.error();
}

/** An older build stays for as long as it holds a sheet that this one does not have yet. */
async function dropOlderBuilds() {
  const mine = await caches.open(CACHE);
  for (const name of await caches.keys()) {
    if (!name.startsWith("observe-") || name === CACHE) continue;
    const sheets = (await (await caches.open(name)).keys()).filter((request) => request.url.includes("/sheet/"));
    const found = await Promise.all(sheets.map((request) => mine.match(request, AS_KEPT)));
    if (!found.includes(undefined)) await caches.delete(name);
  }
}
