// @ts-check
/** The least a device could do: whole records in one gzip batch, and whole records back. */
import { gzip } from "../../static/js/lib/bytes.js";

/** @type {Map<string, string>} */
const batches = new Map();

export async function first_push({ url, place, records }, timed) {
  const rows = records.slice(0, 1000).map((/** @type {any} */ record, /** @type {number} */ n) => ({ id: place.ids[n], record }));
  await timed(async () => {
    const text = JSON.stringify(rows);
    batches.set(place.school, text);
    await post(`${url}/${place.school}`, text);
  });
}

export async function resend({ url, place }, timed) {
  await timed(() => post(`${url}/${place.school}`, /** @type {string} */ (batches.get(place.school))));
}

export async function first_pull({ url, place }, timed) {
  await timed(async () => {
    const kept = new Map();
    const { rows } = await pull(url, place, 0);
    for (const { id, record } of rows) kept.set(id, record);
    if (kept.size !== 1000) throw new Error(`${kept.size} records came`);
  });
}

let reached = 0;

export async function fill({ url, place, records }) {
  for (let start = 0; start < place.ids.length; start += 1000) {
    const rows = place.ids.slice(start, start + 1000)
      .map((/** @type {string} */ id, /** @type {number} */ n) => ({ id, record: records[n % records.length] }));
    await post(`${url}/${place.school}`, JSON.stringify(rows));
  }
  reached = (await pull(url, place, 0)).reached;
}

export async function change_ten({ url, straight, place, changed, records }, timed) {
  const rows = changed.map((/** @type {any} */ { index, fields }) => (
    { id: place.ids[index], record: { ...records[index % records.length], ...fields } }
  ));
  await timed(() => post(`${url}/${place.school}`, JSON.stringify(rows)));
  reached = (await pull(straight, place, reached)).reached;
}

export async function idle({ url, place }, timed) {
  await timed(async () => { await pull(url, place, reached); });
}

export async function twenty({ url, place, records }, timed) {
  const all = Array.from({ length: 20 }, (_, device) => Array.from({ length: 50 }, (_, n) => (
    { id: place.ids[device * 50 + n], record: records[device * 50 + n] })));
  await timed(async () => {
    await Promise.all(all.map((rows) => post(`${url}/${place.school}`, JSON.stringify(rows))));
  });
}

/** @param {string} address @param {string} text */
async function post(address, text) {
  const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
  const response = await fetch(address, { method: "POST", headers, body: await gzip(text) });
  if (!response.ok) throw new Error(await response.text());
  await response.json();
}

/** @param {string} url @param {{school: string}} place @param {number} since @returns {Promise<{rows: {id: string, record: object}[], reached: number}>} */
async function pull(url, place, since) {
  return (await fetch(`${url}/${place.school}?since=${since}`)).json();
}
