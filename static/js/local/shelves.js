// @ts-check
/**
 * What lies where on a device.
 *
 * @typedef {import("../sync/change.js").Change} Change
 * @typedef {import("../sync/record.js").Head} Head
 * @typedef {{id: string, name: string, time_zone: string, roles: string[]}} School
 * @typedef {{replica: string, token: string, person: string, name: string, schools: School[], key?: CryptoKey}} Pairing
 *
 * @typedef {object} RecordRow what the centre said last about a record
 * @property {string} record
 * @property {string} school
 * @property {Record<string, Head[]>} heads every field, with all its current heads
 * @property {number} read which full reading listed it last
 * @property {string | null} mine the last acknowledged change of this device in it
 *
 * @typedef {object} OutboxRow a change the centre has not acknowledged
 * @property {string} replica
 * @property {number} n
 * @property {string} record
 * @property {Change} change
 * @property {string | null} body the sealed text; null while later edits may still join
 * @property {string} since when the first edit in it was made
 * @property {boolean} again acknowledged once, offered again because the centre lost it
 *
 * @typedef {object} KeptRow an acknowledged change that is not known to be in a backup
 * @property {string} replica
 * @property {number} n
 * @property {string} record
 * @property {string} body
 *
 * @typedef {object} HeldRow a change of ours that the centre keeps but does not apply
 * @property {string} id
 * @property {string} record
 * @property {string} school
 * @property {string} reason
 * @property {string} detail
 * @property {Record<string, any>} set
 * @property {string} at
 * @property {string | null} verdict what an administrator decided since
 */
import { briefOf } from "./brief.js";
import { database } from "./database.js";

const DEVICE_VERSION = 1;
const PERSON_VERSION = 5;

/** Who uses this tablet. @returns {import("./database.js").Database} */
export function deviceDatabase() {
  return database("observe-device", DEVICE_VERSION, (open) => {
    open.createObjectStore("people", { keyPath: "person" });
    open.createObjectStore("meta");
  });
}

/** Everything of one person on this tablet. @param {string} person @returns {import("./database.js").Database} */
export function personDatabase(person) {
  return database(`observe-${person}`, PERSON_VERSION, async (open, from, tx) => {
    if (from < 1) makeShelves(open);
    if (from < 2) await makeBriefs(open, tx);
    if (from < 3) makeBlobs(open);
    else if (from < 5) await rekeyBlobs(open, tx);
    if (from < 4) open.createObjectStore("turn"); // the keys are what counts
  });
}

/** @param {import("./database.js").Connection} open */
function makeShelves(open) {
  open.createObjectStore("meta");
  open.createObjectStore("record", { keyPath: "record" });
  const outbox = open.createObjectStore("outbox", { keyPath: ["replica", "n", "record"] }); // so that keys alone tell what waits
  outbox.createIndex("record", "record");
  outbox.createIndex("since", "since");
  const kept = open.createObjectStore("kept", { keyPath: ["replica", "n"] });
  kept.createIndex("record", "record");
  const held = open.createObjectStore("held", { keyPath: "id" });
  held.createIndex("record", "record");
}

/** @param {import("./database.js").Connection} open @param {import("./database.js").AnyTx} tx */
async function makeBriefs(open, tx) {
  const briefs = open.createObjectStore("brief", { keyPath: "record" });
  for (const row of await tx.objectStore("record").getAll()) await briefs.put(briefOf(row));
}

/** @param {import("./database.js").Connection} open */
function makeBlobs(open) {
  open.createObjectStore("blob", { keyPath: ["sha256", "school"] });
  open.createObjectStore("blob_bytes"); // apart, so that counting what waits reads no picture
}

/** A row was of a digest, and knew one record in one school. @param {import("./database.js").Connection} open @param {import("./database.js").AnyTx} tx */
async function rekeyBlobs(open, tx) {
  const rows = await tx.objectStore("blob").getAll();
  open.deleteObjectStore("blob");
  const blobs = open.createObjectStore("blob", { keyPath: ["sha256", "school"] });
  for (const { record, ...row } of rows) await blobs.put({ ...row, records: [record], unnamed: "" });
}

/** Keys of one kind of record. @param {string} kind @returns {IDBKeyRange} */
export function ofKind(kind) {
  return IDBKeyRange.bound(`${kind}/`, `${kind}0`, false, true);
}

/** Changes of one replica up to `n`. @param {string} replica @param {number} n @returns {IDBKeyRange} */
export function upTo(replica, n) {
  return IDBKeyRange.bound([replica, 0], [replica, n, []]);
}

/** Changes of one replica from `n` on. @param {string} replica @param {number} n @returns {IDBKeyRange} */
export function goingOnFrom(replica, n) {
  return IDBKeyRange.bound([replica, n], [replica, Number.MAX_SAFE_INTEGER]);
}
