// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { aDevice, says } from "./builders.js";
import { open } from "../../static/js/local/records.js";
import { engine } from "../../static/js/exchange/engine.js";

/** An engine whose timers are fired by hand. @param {Awaited<ReturnType<typeof aDevice>>} device @param {Partial<import("../../static/js/exchange/engine.js").World>} [changed] */
function anEngine(device, changed = {}) {
  /** @type {{work: () => void, ms: number}[]} */
  let timers = [];
  /** @type {import("../../static/js/exchange/engine.js").State[]} */
  const told = [];
  const running = engine(device.store, {
    fetch: (...request) => device.line(...request),
    nowMs: Date.now,
    random: () => 1,
    later: (work, ms) => { const timer = { work, ms }; timers.push(timer); return timer; },
    never: (timer) => { timers = timers.filter((each) => each !== timer); },
    alone: async (_person, work) => { await work(); return true; },
    isVisible: () => true,
    ...changed,
  }, (state) => told.push(state));
  return { ...running, told, timers: () => timers.map(({ ms }) => ms), fire: () => timers.splice(0).forEach(({ work }) => work()) };
}

/** Let everything that is under way come to rest. */
async function settle() {
  for (let turn = 0; turn < 120; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a kept edit is sent soon after, in one request with those that follow at once", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const running = anEngine(device);
  await running.now();
  await device.write({ "rating.A1": 1 });
  await device.write({ "rating.A2": 1 });
  await settle();
  const soon = running.timers();

  running.fire();
  for (let turn = 0; turn < 50 && running.state().waiting > 0; turn++) await settle();

  assert.ok(soon.some((ms) => ms <= 1_000), String(soon));
  assert.equal(centre.log.length, 1);
  assert.equal(running.state().waiting, 0);
  assert.notEqual(running.state().arrivedAt, null);
});

test("nothing is shown as arrived that the centre did not acknowledge", async () => {
  const device = await aDevice(new Centre(), { line: says("<html>") });
  const running = anEngine(device);
  await device.write({ "rating.A1": 1 });

  await running.now();

  assert.deepEqual([running.state().waiting, running.state().changes, running.state().problem], [1, 1, "portal"]);
  assert.equal(running.state().arrivedAt, null);
  assert.ok(running.told.some((state) => state.isExchanging));
  assert.equal(running.state().isExchanging, false);
});

test("each failure in a row waits longer, up to five minutes, and success begins anew", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { line: async () => { throw new TypeError("network"); } });
  const running = anEngine(device);
  await device.write({ "rating.A1": 1 });
  const waits = [];
  for (let turn = 0; turn < 10; turn++) {
    await running.now();
    waits.push(running.timers().at(-1));
  }
  device.line = centre.fetch;
  await running.now();

  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
  assert.equal(running.state().problem, null);
  assert.deepEqual(running.timers(), [60_000]);
});

test("saving while the line is down does not ask the centre for every tap", async () => {
  let asked = 0;
  const device = await aDevice(new Centre(), { line: async () => { asked += 1; throw new TypeError("network"); } });
  const running = anEngine(device);
  await running.now();
  for (let tap = 0; tap < 5; tap++) await device.write({ [`rating.A${tap}`]: 1 });
  await settle();

  assert.equal(asked, 1);
  assert.deepEqual(running.timers(), [2_000]);
  assert.equal(running.state().changes, 1);
});

test("a centre that says when to come back is believed", async () => {
  const device = await aDevice(new Centre(), { line: async () => new Response("", { status: 429, headers: { "Retry-After": "77" } }) });
  const running = anEngine(device);
  await running.now();

  assert.deepEqual(running.timers(), [77_000]);
  assert.equal(running.state().problem, "server");
});

test("while another tab exchanges, this one waits its turn", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const running = anEngine(device, { alone: async () => false });
  await device.write({ "rating.A1": 1 });
  await running.now();

  assert.equal(centre.requests, 0);
  assert.deepEqual(running.timers(), [3_000]);
});

test("asked twice at once, it exchanges once", async () => {
  const centre = new Centre();
  const running = anEngine(await aDevice(centre));

  await Promise.all([running.now(), running.now()]);

  assert.equal(centre.requests, 1);
});

test("a device the centre no longer knows says so when the page opens again, before any network", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  centre.tokens.clear();
  await anEngine(device).now();
  const reopened = anEngine(device);

  await reopened.look();

  assert.equal(reopened.state().problem, "signed-out");
});

test("stopped, it does nothing more", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const running = anEngine(device);
  running.stop();
  await device.write({ "rating.A1": 1 });
  await running.now();
  await settle();

  assert.equal(centre.requests, 0);
  assert.deepEqual(running.timers(), []);
});

test("a page nobody looks at, with nothing to send, asks for nothing", async () => {
  const running = anEngine(await aDevice(new Centre()), { isVisible: () => false });
  await running.now();

  assert.deepEqual(running.timers(), []);
});

test("signed in again, it sends at once what had to wait", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const running = anEngine(device);
  await device.write({ "rating.A1": 1 });
  centre.tokens.clear();
  await running.now();
  await device.store.adopt(centre.pair("newrep", device.person));
  await settle();
  const { problem } = running.state();
  const timers = running.timers();
  running.fire();
  await settle();

  assert.equal(problem, null);
  assert.deepEqual(timers, [0]);
  assert.equal(centre.log.length, 1);
});

test("what one tab keeps, the others hear of", async () => {
  const device = await aDevice(new Centre());
  const tab = open(device.person);
  const stranger = open("somebody-else");
  /** @type {any[]} */
  const heard = [];
  tab.onChange((news) => heard.push(news));
  stranger.onChange((news) => heard.push(news));

  await device.write({ "rating.A1": 1 });
  await new Promise((resolve) => setTimeout(resolve, 50));

  assert.deepEqual(heard, [{ person: device.person, records: ["observation/r1"] }]);
});

test("photos go after the words and stand in nobody's way", async () => {
  const centre = new Centre();
  /** @type {string[]} */
  const asked = [];
  const photo = new Uint8Array([1, 2, 3]);
  const device = await aDevice(centre, {
    line: async (address, init) => {
      asked.push(`${init?.method} ${String(address).slice(0, 15)}`);
      return init?.method === "POST" ? centre.fetch(address, init) : new Response(null, { status: 503 });
    },
  });
  const running = anEngine(device);
  const about = { sha256: "ab", record: "observation/r1", school: "s1", type: "image/jpeg" };
  await device.store.blobs.put({ ...about, data: photo.buffer, small: null });
  await device.write({ "attachment.a1": { sha256: "ab", type: "image/jpeg", bytes: 3, caption: "", at_s: 0, tags: [] } });

  await running.now();

  const { waiting, problem, photos, photoProblem, arrivedAt } = running.state();
  assert.deepEqual([waiting, problem, photos, photoProblem], [0, null, 1, "server"]);
  assert.notEqual(arrivedAt, null);
  assert.deepEqual(asked, ["POST /sync/v1/exchan", "HEAD /sync/v1/blobs/"]);
  assert.ok(running.timers().some((ms) => ms <= 2_000), String(running.timers()));
});
