// What a page still held when it was closed: kept by the next one, never lost on the way, never over newer words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, SCHOOL, aDevice } from "./builders.js";

/** @type {Map<string, string>} */
const kept = new Map();
const storage = new Proxy({
  getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ text) => { kept.set(key, text); },
  removeItem: (/** @type {string} */ key) => { kept.delete(key); },
}, {
  ownKeys: () => [...kept.keys()],
  getOwnPropertyDescriptor: (_, key) => (kept.has(String(key)) ? { enumerable: true, configurable: true } : undefined),
});
Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
const { keepLeftovers } = await import("../../static/js/field/unkept.js");
const { writer } = await import("../../static/js/field/sheet/writer.js");

/** @param {string} person @param {...any} edits */
function leave(person, ...edits) {
  kept.clear();
  kept.set(`observe-unkept/${person}/page`, JSON.stringify(edits));
}

test("the last letters are kept, and leave only then", async () => {
  const device = await aDevice(new Centre());
  await device.write({ growth: "ab" });
  leave(device.person, { school: SCHOOL, record: RECORD, set: { growth: "abc" }, upon: { growth: ["ab"] } });

  await keepLeftovers(device.person, device.store.keep);

  assert.equal(await device.value("growth"), "abc");
  assert.equal(kept.size, 0);
});

test("a page closed while they are being kept loses none of them", async () => {
  leave("somebody", { school: SCHOOL, record: RECORD, set: { growth: "abc" }, upon: {} });

  void keepLeftovers("somebody", () => new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 10));

  assert.equal(kept.size, 1);
});

test("a full device keeps them for the next time, and keeping them twice is keeping them once", async () => {
  const device = await aDevice(new Centre());
  leave(device.person, { school: SCHOOL, record: RECORD, set: { growth: "abc" }, upon: {} });

  await keepLeftovers(device.person, () => Promise.reject(new Error("full")));
  assert.equal(kept.size, 1);
  const text = /** @type {string} */ (kept.get(`observe-unkept/${device.person}/page`));
  await keepLeftovers(device.person, device.store.keep);
  kept.set(`observe-unkept/${device.person}/page`, text);
  await keepLeftovers(device.person, device.store.keep);

  assert.equal(await device.value("growth"), "abc");
  assert.equal((await device.store.waiting()).changes, 1);
});

test("newer words of another window are not replaced: both stand", async () => {
  const device = await aDevice(new Centre());
  await device.write({ growth: "ab" });
  leave(device.person, { school: SCHOOL, record: RECORD, set: { growth: "abc" }, upon: { growth: ["ab"] } });
  await device.write({ growth: "ab, and a page more" });

  await keepLeftovers(device.person, device.store.keep);
  await keepLeftovers(device.person, device.store.keep);

  const { conflicts, choices } = await device.store.read(RECORD);
  assert.deepEqual(conflicts, ["growth"]);
  assert.deepEqual(choices.growth.map(({ value }) => value).sort(), ["ab, and a page more", "abc"]);
});

test("whether or not the write under way arrived, what was typed after it goes on from there", async () => {
  for (const arrived of [true, false]) {
    const device = await aDevice(new Centre());
    await device.write({ growth: "a" });
    const pen = writer({ keep: () => new Promise(() => {}) }, SCHOOL, { known: () => "a", keeping() {}, kept() {}, failed() {} });
    pen.write(RECORD, { growth: "ab" });
    pen.write(RECORD, { growth: "abc" }, true);
    if (arrived) await device.write({ growth: "ab" });
    leave(device.person, ...pen.unkept());

    await keepLeftovers(device.person, device.store.keep);

    const { fields, conflicts } = await device.store.read(RECORD);
    assert.deepEqual([fields.growth, conflicts], ["abc", []]);
  }
});
