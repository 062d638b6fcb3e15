// What lists show: always what the record says, whichever way it came to this device.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDB } from "../../static/vendor/idb/idb.js";
import { Centre } from "./centre.js";
import { RECORD, aDevice, fresh } from "./builders.js";
import { open } from "../../static/js/local/records.js";

const LONG = /^(?:rating|comment|note)\.|^(?:strengths|growth)$/;
const NOTE = { text: "Murid bertanya", at_s: 60, tags: ["A1"] };

test("a list leaves out what only the record's own page shows, and nothing else", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ teacher: "her", "rating.A1": 3, "comment.A1": "baik", "note.0193a1c2-0000-7000-8000-000000000001": NOTE, strengths: "s" });

  const waiting = await only(device);
  await device.exchange();
  const arrived = await only(device);

  assert.deepEqual([waiting.fields, waiting.whereabouts], [{ teacher: "her" }, "tablet"]);
  assert.deepEqual([arrived.fields, arrived.whereabouts], [{ teacher: "her" }, "centre"]);
});

test("a list says what the record says, after others wrote and while changes of ours wait", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  for (const step of [
    () => one.write({ teacher: "her", class_name: "VII A", "rating.A1": 1 }), () => one.exchange(), () => other.exchange(),
    () => other.write({ class_name: "VII B" }), () => one.write({ class_name: "VII C", "rating.A1": 2 }), () => one.exchange(),
    () => other.exchange(), () => one.exchange(), () => one.write({ teacher: null }), () => one.exchange(), () => other.exchange(),
  ]) {
    await step();
    for (const device of [one, other]) await agrees(device);
  }
  assert.deepEqual((await only(one)).conflicts, ["class_name"]);
});

test("a device of the version before finds its lists filled", async () => {
  const person = fresh("person");
  const before = await openDB(`observe-${person}`, 1, {
    upgrade(made) {
      made.createObjectStore("meta");
      made.createObjectStore("record", { keyPath: "record" });
      const outbox = made.createObjectStore("outbox", { keyPath: ["replica", "n", "record"] });
      outbox.createIndex("record", "record");
      outbox.createIndex("since", "since");
      made.createObjectStore("kept", { keyPath: ["replica", "n"] }).createIndex("record", "record");
      made.createObjectStore("held", { keyPath: "id" }).createIndex("record", "record");
    },
  });
  const heads = { teacher: [{ id: "a.1", by: "me", at: "2026-11-01T00:00:00.000Z", value: "her" }], "rating.A1": [{ id: "a.1", by: "me", at: "2026-11-01T00:00:00.000Z", value: 3 }] };
  await before.put("record", { record: RECORD, school: "school", heads, read: 0, mine: "a.1" });
  before.close();

  const store = open(person);
  const [listed] = await store.list("observation");

  assert.deepEqual([listed.fields, listed.school, listed.changed_at], [{ teacher: "her" }, "school", "2026-11-01T00:00:00.000Z"]);
  assert.deepEqual((await store.read(RECORD)).fields, { teacher: "her", "rating.A1": 3 });
  store.close();
});

test("a rubric of a later make does not keep the rest from coming in", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await one.write({ active: true, "version.1": { version: 1, areas: "later" } }, "rubric/0193a1c2-0000-7000-8000-000000000009");
  await one.exchange();
  await other.exchange();

  const [rubric] = await other.store.list("rubric");

  assert.equal(rubric.fields["version.1"].count, 0);
});

/** @param {any} device */
async function only(device) {
  const [view] = await device.store.list("observation");
  return view;
}

/** @param {any} device */
async function agrees(device) {
  for (const listed of await device.store.list("observation")) {
    const whole = await device.store.read(listed.record);
    const short = Object.fromEntries(Object.entries(whole.fields).filter(([name]) => !LONG.test(name)));
    assert.deepEqual({ ...listed, choices: null }, { ...whole, fields: short, choices: null });
  }
}
