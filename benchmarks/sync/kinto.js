// @ts-check
/** A device of Kinto: batches as large as its server takes, PATCH with only the fields that changed, 304 when idle. */
const MOST = 25;
const SECRET = `Basic ${Buffer.from("device:device").toString("base64")}`;
/** @type {Map<string, string>} */
const reached = new Map();

export async function first_push({ url, straight, place, records }, timed) {
  await make(straight, place);
  const rows = place.ids.slice(0, 1000).map((/** @type {string} */ id, /** @type {number} */ n) => put(place, id, records[n]));
  await timed(() => batches(url, rows));
}

export async function first_pull({ url, place }, timed) {
  await timed(async () => {
    const kept = new Map();
    const { data } = await (await ask(url, collection(place))).json();
    for (const record of data) kept.set(record.id, record);
    if (kept.size !== 1000) throw new Error(`${kept.size} records came`);
  });
}

/** `If-None-Match: *` asks to create only: the server answers 412 for what it has. */
export async function resend({ url, place, records }, timed) {
  const rows = place.ids.slice(0, 1000).map((/** @type {string} */ id, /** @type {number} */ n) => put(place, id, records[n]));
  await timed(() => batches(url, rows, 412));
}

export async function fill({ url, place, records }) {
  await make(url, place);
  await batches(url, place.ids.map((/** @type {string} */ id, /** @type {number} */ n) => put(place, id, records[n % records.length])));
  await note(url, place);
}

export async function change_ten({ url, straight, place, changed }, timed) {
  const rows = changed.map((/** @type {any} */ { index, fields }) => (
    { method: "PATCH", path: `${collection(place)}/${place.ids[index]}`, body: { data: fields } }
  ));
  await timed(() => batches(url, rows));
  await note(straight, place);
}

export async function idle({ url, place }, timed) {
  await timed(async () => {
    const known = /** @type {string} */ (reached.get(place.school));
    const since = encodeURIComponent(known);
    const response = await ask(url, `${collection(place)}?_since=${since}`, { headers: { "If-None-Match": known } });
    if (response.status !== 304) throw new Error(`${response.status}`);
  });
}

export async function twenty({ url, straight, place, records }, timed) {
  await make(straight, place);
  const all = Array.from({ length: 20 }, (_, device) => (
    place.ids.slice(device * 50, device * 50 + 50).map((/** @type {string} */ id, /** @type {number} */ n) => put(place, id, records[device * 50 + n]))
  ));
  await timed(async () => { await Promise.all(all.map((rows) => batches(url, rows))); });
}

/** @param {{school: string}} place */
function collection(place) {
  return `/buckets/bench/collections/s${place.school}/records`;
}

/** @param {any} place @param {string} id @param {object} record */
function put(place, id, record) {
  return { method: "PUT", path: `${collection(place)}/${id}`, headers: { "If-None-Match": "*" }, body: { data: record } };
}

/** @param {string} url @param {{school: string}} place */
async function make(url, place) {
  await ask(url, "/buckets/bench", { method: "PUT" });
  await ask(url, collection(place).replace(/\/records$/, ""), { method: "PUT" });
}

/** @param {string} url @param {any} place */
async function note(url, place) {
  const response = await ask(url, `${collection(place)}?_limit=1`);
  await response.text();
  reached.set(place.school, response.headers.get("ETag") ?? "");
}

/** @param {string} url @param {object[]} rows @param {number} expected the status of each, 0 for any success */
async function batches(url, rows, expected = 0) {
  for (let start = 0; start < rows.length; start += MOST) {
    let left = rows.slice(start, start + MOST);
    while (left.length > 0) left = await batch(url, left, expected);
  }
}

/** Those it asks to send again, because another device wrote at the same moment; we do so without the pause it asks for.
 * @param {string} url @param {object[]} rows @param {number} expected @returns {Promise<object[]>} */
async function batch(url, rows, expected) {
  const body = JSON.stringify({ requests: rows });
  const response = await ask(url, "/batch", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const { responses = [] } = await response.json();
  const isRight = (/** @type {{status: number}} */ { status }) => status === 409 || (expected ? status === expected : status < 300);
  const strange = responses.find((/** @type {any} */ each) => !isRight(each));
  if (!response.ok || strange) throw new Error(JSON.stringify(strange ?? response.status).slice(0, 500));
  return rows.filter((_, index) => responses[index].status === 409);
}

/** @param {string} url @param {string} path @param {RequestInit} init */
function ask(url, path, init = {}) {
  return fetch(`${url}/v1${path}`, { ...init, headers: { Authorization: SECRET, ...init.headers } });
}
