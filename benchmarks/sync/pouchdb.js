// @ts-check
/** PouchDB in memory on the device, replicating with whatever speaks CouchDB's protocol. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const PouchDB = require("pouchdb");
PouchDB.plugin(require("pouchdb-adapter-memory"));

/** @type {Map<string, any>} */
const devices = new Map();
let made = 0;

export async function first_push({ url, straight, place, records }, timed) {
  const device = await withRecords(place.ids.slice(0, 1000), records);
  await remote(straight, place).info(); // made before anybody has to wait for it
  devices.set(place.school, device);
  await timed(() => push(device, url, place));
}

export async function first_pull({ url, place }, timed) {
  const device = open();
  await timed(async () => {
    const { docs_written } = await device.replicate.from(remote(url, place), SIZES);
    if (docs_written !== 1000) throw new Error(`${docs_written} records came`);
  });
}

/** The acknowledgement was lost: what was sent is offered again, without the note of how far it went. */
export async function resend({ url, place }, timed) {
  const device = devices.get(place.school);
  await timed(async () => {
    const { docs_read } = await device.replicate.to(remote(url, place), { ...SIZES, checkpoint: false, since: 0 });
    if (docs_read < 0) throw new Error("not offered again");
  });
}

export async function fill({ url, place, records }) {
  const device = await withRecords(place.ids, records);
  devices.set(place.school, device);
  await push(device, url, place);
  await device.replicate.from(remote(url, place), SIZES);
}

export async function change_ten({ url, straight, place, changed }, timed) {
  const device = devices.get(place.school);
  for (const { index, fields } of changed) await device.put({ ...await device.get(place.ids[index]), ...fields });
  await timed(() => push(device, url, place));
  await device.replicate.from(remote(straight, place), SIZES);
}

/** Both ways, as our one request asks both. */
export async function idle({ url, place }, timed) {
  const device = devices.get(place.school);
  await timed(async () => {
    await Promise.all([device.replicate.to(remote(url, place), SIZES), device.replicate.from(remote(url, place), SIZES)]);
  });
}

export async function twenty({ url, straight, place, records }, timed) {
  const all = [];
  for (let device = 0; device < 20; device += 1) {
    all.push(await withRecords(place.ids.slice(device * 50, device * 50 + 50), records.slice(device * 50)));
  }
  await remote(straight, place).info();
  await timed(async () => { await Promise.all(all.map((device) => push(device, url, place))); });
}

/** The largest batches with which PouchDB is at its best here; its own are 100. */
const SIZES = { batch_size: 500, batches_limit: 10 };

/** @param {any} device @param {string} url @param {any} place */
async function push(device, url, place) {
  const { ok, doc_write_failures } = await device.replicate.to(remote(url, place), SIZES);
  if (!ok || doc_write_failures) throw new Error(`${doc_write_failures} records were refused`);
}

function open() {
  made += 1;
  return new PouchDB(`device-${made}`, { adapter: "memory" });
}

/** @param {string} url @param {{school: string}} place */
function remote(url, place) {
  return new PouchDB(`${url}/s${place.school}`);
}

/** @param {string[]} ids @param {object[]} records */
async function withRecords(ids, records) {
  const device = open();
  const docs = ids.map((id, n) => ({ _id: id, ...records[n % records.length] }));
  for (let start = 0; start < docs.length; start += 1000) await device.bulkDocs(docs.slice(start, start + 1000));
  return device;
}
