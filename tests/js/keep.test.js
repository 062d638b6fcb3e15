// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, SCHOOL, aDevice, fresh, outbox } from "./builders.js";
import { open } from "../../static/js/local/records.js";

test("what was kept is there when the page opens again", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 2, topic: "pecahan" });
  device.store.close();

  const again = open(device.person);

  assert.deepEqual((await again.read(RECORD)).fields, { "rating.A1": 2, topic: "pecahan" });
  assert.equal((await again.read(RECORD)).whereabouts, "tablet");
});

test("edits of one record join one unsealed change: the last value wins, the first seen stays", async () => {
  const centre = new Centre();
  const other = await aDevice(centre);
  await other.write({ "rating.A1": 1 });
  await other.exchange();
  const device = await aDevice(centre);
  await device.exchange();

  await device.write({ "rating.A1": 2 });
  await device.write({ "rating.A1": 3, "rating.A2": 0 });
  const rows = await outbox(device.store);

  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0].change.set, { "rating.A1": 3, "rating.A2": 0 });
  assert.deepEqual(rows[0].change.seen, { "rating.A1": [`${other.replica}.1`] });
});

test("a sealed change is never edited: the next edit is a new change that has seen it", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 2 });
  const [sealed] = await device.store.seal({ changes: 250, bytes: 1e6 });

  await device.write({ "rating.A1": 3 });
  const rows = await outbox(device.store);

  assert.equal(rows.length, 2);
  assert.equal(rows[0].body, sealed.body);
  assert.deepEqual(rows[1].change.seen, { "rating.A1": [sealed.change.id] });
  assert.equal(await device.value("rating.A1"), 3);
});

test("an edit on top of an unsent one names what that one replaced, should it be held", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  await device.exchange();
  await device.write({ "rating.A1": 99 });
  await device.store.seal({ changes: 250, bytes: 1e6 });

  await device.write({ "rating.A1": 3 });
  const rows = await outbox(device.store);

  assert.deepEqual(rows[1].change.seen, { "rating.A1": [rows[0].change.id, `${device.replica}.1`] });
});

test("a person who saw another answer arrive and writes again has decided", async () => {
  const centre = new Centre();
  const one = await aDevice(centre);
  const other = await aDevice(centre);
  await one.write({ growth: "mine" });
  await other.write({ growth: "theirs" });
  await other.exchange();
  one.line = async (address, init) => centre.fetch(address, { ...init, body: String(init?.body).replace(/"changes":\[.*\]/, '"changes":[]') });
  await one.exchange(); // only reads
  assert.deepEqual((await one.read()).conflicts, ["growth"]);

  await one.write({ growth: "both" });
  one.line = centre.fetch;
  await one.exchange();

  assert.deepEqual((await one.read()).conflicts, []);
  assert.equal(centre.headIds(RECORD).growth.length, 1);
});

test("the same answer again is no change", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 2 });
  await device.store.seal({ changes: 250, bytes: 1e6 });

  await device.write({ "rating.A1": 2 });

  assert.equal((await outbox(device.store)).length, 1);
});

test("clearing what was never answered is no change", async () => {
  const device = await aDevice(new Centre());

  await device.write({ "rating.A1": null });

  assert.equal((await outbox(device.store)).length, 0);
});

test("numbers have no gap however many edits are kept at once", async () => {
  const device = await aDevice(new Centre());
  const tab = open(device.person);

  await Promise.all(Array.from({ length: 60 }, (_, index) => (index % 2 ? device.store : tab)
    .keep({ school: SCHOOL, record: `observation/r${index % 20}`, set: { [`rating.A${index}`]: index } })));
  const rows = await outbox(device.store);

  assert.deepEqual(rows.map((row) => row.n), Array.from({ length: 20 }, (_, index) => index + 1));
  assert.equal(rows.reduce((sum, row) => sum + Object.keys(row.change.set).length, 0), 60);
});

test("a change never grows past 512 fields or 256 KiB: the next edit begins a new one", async () => {
  const device = await aDevice(new Centre());
  await device.write(Object.fromEntries(Array.from({ length: 512 }, (_, index) => [`rating.A${index}`, 1])));
  await device.write({ "rating.B1": 1 });
  await device.write({ strengths: "x".repeat(200_000) }, "observation/r2");
  await device.write({ growth: "y".repeat(100_000) }, "observation/r2");
  const rows = await outbox(device.store);

  assert.deepEqual(rows.map((row) => Object.keys(row.change.set).length), [512, 1, 1, 1]);
});

test("one value too large for any change is refused, and nothing is kept of it", async () => {
  const device = await aDevice(new Centre());

  await assert.rejects(device.write({ growth: "x".repeat(300_000) }), { name: "ChangeRefused", code: "too-large" });

  assert.deepEqual(await outbox(device.store), []);
  assert.equal(await device.store.meta("n"), undefined);
});

test("half a character and NUL are mended, numbers nobody could read are refused", async () => {
  const device = await aDevice(new Centre());
  await device.write({ topic: "a\u0000b\ud83d", "note.n1": { text: "\udc00😀", at_s: -0, tags: [] } });

  assert.equal(await device.value("topic"), "ab\ufffd");
  assert.deepEqual(await device.value("note.n1"), { text: "\ufffd😀", at_s: 0, tags: [] });
  await assert.rejects(device.write({ "rating.A1": Number.NaN }), { code: "value" });
  await assert.rejects(device.write({ "rating.A1": 1e20 }), { code: "value" });
  await assert.rejects(device.write({ "rating.A1": undefined }), { code: "value" });
  await assert.rejects(device.write({ "Rating A1": 1 }), { code: "name" });
  await assert.rejects(device.write({ topic: "x" }, "observation"), { code: "record" });
});

test("nobody who has not signed in on this device can keep anything", async () => {
  const store = open(fresh("person"));

  await assert.rejects(store.keep({ school: SCHOOL, record: RECORD, set: { topic: "x" } }), { name: "DeviceError", code: "unpaired" });
});

test("what waits is counted in records and changes, since the first edit", async () => {
  const device = await aDevice(new Centre(), { nowMs: (() => { let at = 0; return () => (at += 60_000); })() });
  await device.write({ "rating.A1": 2 });
  await device.write({ "rating.A2": 2 });
  await device.write({ "rating.A1": 2 }, "observation/r2");

  assert.deepEqual(await device.store.waiting(), { changes: 2, records: 2, since: "1970-01-01T00:01:00.000Z" });
});

test("a list of one kind holds what came from the centre and what only waits", async () => {
  const centre = new Centre();
  const other = await aDevice(centre);
  await other.write({ topic: "a" }, "observation/r1");
  await other.write({ name: "Ibu Sari" }, "person/p1");
  await other.exchange();
  const device = await aDevice(centre);
  await device.exchange();
  await device.write({ topic: "b" }, "observation/r2");

  const found = await device.store.list("observation");

  assert.deepEqual(found.map(({ record, whereabouts }) => [record, whereabouts]), [["observation/r1", "centre"], ["observation/r2", "tablet"]]);
  assert.deepEqual((await device.store.list("person")).map(({ fields }) => fields), [{ name: "Ibu Sari" }]);
});

test("a field called what JavaScript calls its own is a field like any other", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  const set = JSON.parse('{"constructor": 1, "__proto__": {"a": 1}, "topic": "x"}');
  await one.write({ topic: "w" });
  await one.write(set);
  await one.exchange();
  await other.exchange();
  await other.write(JSON.parse('{"constructor": 2}'));
  await other.exchange();
  await one.exchange();

  for (const device of [one, other]) {
    assert.equal(JSON.stringify((await device.read()).fields, ["topic", "constructor"]), '{"topic":"x","constructor":2}');
    assert.ok(Object.hasOwn((await device.read()).fields, "__proto__"));
  }
});
