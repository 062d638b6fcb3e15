// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, SCHOOL, aDevice, fresh, outbox } from "./builders.js";
import { currentPerson, leave, people, setCurrent } from "../../static/js/local/device.js";
import { database } from "../../static/js/local/database.js";
import { open } from "../../static/js/local/records.js";

test("every transaction that writes asks for the disk, not for the memory before it", async () => {
  const centre = new Centre();
  /** @type {(string | undefined)[]} */
  const asked = [];
  const original = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (mode === "readwrite") asked.push(options?.durability);
    return original.call(this, stores, mode, options);
  };
  try {
    const device = await aDevice(centre);
    await device.write({ "rating.A1": 1 });
    await device.exchange();
    await device.store.startOver();
    await device.exchange();
    await device.store.saveToFile();
    await setCurrent({ person: device.person, name: "a", language: "id" });
    await leave();
  } finally {
    IDBDatabase.prototype.transaction = original;
  }

  assert.ok(asked.length > 6);
  assert.deepEqual(new Set(asked), new Set(["strict"]));
});

test("a connection closed under us is opened once more, and the edit is kept", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 1 });
  await closeUnder();

  await device.write({ "rating.A2": 2 });

  assert.deepEqual((await device.read()).fields, { "rating.A1": 1, "rating.A2": 2 });
});

test("a browser that keeps closing the connection is told as such", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 1 });
  const original = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = () => { throw new DOMException("closing", "InvalidStateError"); };

  await assert.rejects(device.write({ "rating.A1": 2 }), { name: "DeviceError", code: "closed" });

  IDBDatabase.prototype.transaction = original;
  assert.equal(await device.value("rating.A1"), 1);
});

test("on a full disk the edit is refused as such, and nothing of it is kept", async () => {
  const device = await aDevice(new Centre());
  const original = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, key) {
    if (this.name === "outbox") {
      this.transaction.abort();
      throw new DOMException("no room", "QuotaExceededError");
    }
    return original.call(this, value, key);
  };

  await assert.rejects(device.write({ "rating.A1": 2 }), { name: "DeviceError", code: "full" });

  IDBObjectStore.prototype.put = original;
  assert.deepEqual(await outbox(device.store), []);
  assert.equal(await device.store.meta("n"), undefined);
  await device.write({ "rating.A1": 2 });
  assert.equal((await outbox(device.store))[0].change.id, `${device.replica}.1`);
});

test("a database of a newer version of the app is left alone", async () => {
  const person = fresh("person");
  await raw(`observe-${person}`, 99);

  await assert.rejects(open(person).read(RECORD), { name: "DeviceError", code: "newer" });
});

test("when a newer version of the app takes the database over, this one lets go and says so", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 1 });

  await raw(`observe-${device.person}`, 99);

  await assert.rejects(device.write({ "rating.A1": 2 }), { name: "DeviceError", code: "newer" });
});

test("an old tab that does not let go is named, instead of waiting for ever", async () => {
  const name = fresh("database");
  const tab = await raw(name, 1, true);
  const newer = database(name, 2, (opened) => { opened.createObjectStore("meta"); });

  await assert.rejects(newer.read(["meta"], (shelf) => shelf("meta").getAll()), { name: "DeviceError", code: "blocked" });
  tab.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await newer.read(["meta"], (shelf) => shelf("meta").getAll()), []);
});

test("a browser that keeps nothing is told as such", async () => {
  const { indexedDB } = globalThis;
  Reflect.deleteProperty(globalThis, "indexedDB");

  await assert.rejects(open(fresh("person")).read(RECORD), { name: "DeviceError", code: "missing" });

  globalThis.indexedDB = indexedDB;
});

test("two people on one tablet see their own records alone, and signing out takes nothing away", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await setCurrent({ person: one.person, name: "Bu Rina", language: "id" });
  await one.write({ topic: "mine" });
  await leave();
  const nobody = await currentPerson();
  await setCurrent({ person: other.person, name: "Pak Dedi", language: "en" });

  assert.equal(nobody, null);
  assert.deepEqual(await currentPerson(), { person: other.person, name: "Pak Dedi", language: "en" });
  assert.equal((await people()).filter(({ person }) => [one.person, other.person].includes(person)).length, 2);
  assert.deepEqual(await other.store.list("observation"), []);
  assert.equal(await one.value("topic"), "mine");
});

test("the file holds what waits and what is not backed up, in order, as it will travel", async () => {
  const device = await aDevice(new Centre());
  await device.write({ topic: "sent" });
  await device.exchange();
  await device.write({ growth: "waits" });

  const file = await device.store.saveToFile();
  const lines = (await inflated(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
  await device.write({ growth: "later" });
  const rows = await outbox(device.store);

  assert.deepEqual(Object.keys(lines[0]), ["observe", "protocol", "school", "replica", "by", "made_at", "changes", "is_sealed"]);
  assert.deepEqual(lines.slice(1).map(({ id }) => id), [`${device.replica}.1`, `${device.replica}.2`]);
  assert.equal(rows.length, 2, "what went into a file is sealed");
  assert.deepEqual(JSON.parse(rows[0].body ?? ""), lines[2]);
});

/** Close every connection of the last transaction's database, as iOS does. */
async function closeUnder() {
  const original = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...begin) {
    IDBDatabase.prototype.transaction = original;
    this.close();
    return original.apply(this, begin);
  };
}

/** A database another program made. @param {string} name @param {number} version @param {boolean} [isStubborn] @returns {Promise<IDBDatabase>} */
function raw(name, version, isStubborn = false) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      if (!isStubborn) request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

/** @param {Blob} blob */
function inflated(blob) {
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
