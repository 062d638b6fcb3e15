// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { open } from "../../static/js/local/records.js";
import { RECORD, aDevice, losesAnswers, outbox, says } from "./builders.js";

test("what one device writes another one shows", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await one.write({ "rating.A1": 2, "note.n1": { text: "siswa bertanya", at_s: 61, tags: ["A1"] } });

  await one.exchange();
  await other.exchange();

  assert.deepEqual((await other.read()).fields, (await one.read()).fields);
  assert.equal((await one.read()).whereabouts, "centre");
  assert.deepEqual(await one.store.waiting(), { changes: 0, records: 0, since: null });
});

test("nothing is taken from the outbox beyond what was acknowledged", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  for (let index = 1; index <= 5; index++) await device.write({ "rating.A1": 1 }, `observation/r${index}`);
  const stored = (await device.store.seal({ changes: 3, bytes: 1e6 })).map((row) => row.change.id);

  await device.store.take({ protocol: 1, acks: { [device.replica]: 3 }, cursor: "c" }, null);

  assert.equal(stored.length, 3);
  assert.deepEqual((await outbox(device.store)).map((row) => row.n), [4, 5]);
  assert.equal((await device.read("observation/r3")).whereabouts, "centre");
  assert.equal((await device.read("observation/r4")).whereabouts, "tablet");
});

test("what is acknowledged though this request did not bring it stays, until it is told what became of it", async () => {
  const centre = new Centre();
  centre.acksAll = true;
  centre.verdict = (change) => (change.set["rating.A2"] === "na" ? "invalid" : null);
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 }, "observation/r1");
  await device.write({ "rating.A2": "na" }, "observation/r2");
  device.line = losesAnswers(centre);
  await device.exchange();

  device.line = centre.fetch;
  device.size = 1;
  await device.exchange();

  assert.deepEqual(centre.received.map((ids) => ids.length), [2, 1, 1]);
  assert.deepEqual((await device.store.held()).map(({ id }) => id), [`${device.replica}.2`]);
  assert.deepEqual((await device.read("observation/r2")).fields, {});
});

test("an unsealed change is never taken for an acknowledged one", async () => {
  const device = await aDevice(new Centre());
  await device.write({ "rating.A1": 1 });

  await device.store.take({ protocol: 1, acks: { [device.replica]: 9 }, cursor: "c" }, null);

  assert.equal((await outbox(device.store)).length, 1);
});

test("a lost answer costs a resend of the same text, and changes nothing", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { line: undefined });
  await device.write({ "rating.A1": 2 });
  device.line = losesAnswers(centre);
  const lost = await device.exchange();
  await device.write({ "rating.A1": 3 });

  device.line = centre.fetch;
  await device.exchange();

  assert.equal(lost.problem, "offline");
  assert.deepEqual(centre.log.map((row) => row.change.id), [`${device.replica}.1`, `${device.replica}.2`]);
  assert.equal(await device.value("rating.A1"), 3);
  assert.deepEqual((await device.read()).conflicts, []);
});

test("what the centre accepted does not come back, and stands here as it does there", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const told = listening(device, centre);
  await device.write({ "rating.A1": 2, growth: "words" });
  await device.exchange();
  await device.write({ "rating.A1": 3 });
  await device.exchange();

  assert.deepEqual(told.flat(), []);
  assert.deepEqual((await device.read()).fields, { "rating.A1": 3, growth: "words" });
  assert.equal((await device.read()).whereabouts, "centre");
  assert.deepEqual(await heads(device), centre.headIds(RECORD));
});

test("where somebody else wrote too, all that is new comes", async () => {
  const centre = new Centre();
  const [device, other] = [await aDevice(centre), await aDevice(centre)];
  await device.write({ growth: "first" });
  await device.exchange();
  await other.exchange();
  await other.write({ growth: "theirs" });
  await other.exchange();
  const told = listening(device, centre);
  await device.write({ growth: "mine" });
  await device.exchange();

  assert.deepEqual(told.flat(), [RECORD]);
  assert.deepEqual((await device.read()).conflicts, ["growth"]);
  assert.deepEqual(await heads(device), centre.headIds(RECORD));
});

test("what is sent again because the answer was lost comes back whole", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { line: losesAnswers(centre) });
  await device.write({ growth: "words" });
  await device.exchange();
  const told = listening(device, centre);
  await device.exchange();

  assert.deepEqual(told.flat(), [RECORD]);
  assert.deepEqual(await heads(device), centre.headIds(RECORD));
});

test("a held change is not folded, though nothing of it comes back", async () => {
  const centre = new Centre();
  centre.verdict = ({ set }) => (set.growth === "wrong" ? "invalid" : null);
  const device = await aDevice(centre);
  await device.write({ growth: "right" });
  await device.exchange();
  await device.write({ growth: "wrong" });
  await device.exchange();

  assert.equal(await device.value("growth"), "right");
  assert.deepEqual((await device.store.held()).map(({ set }) => set), [{ growth: "wrong" }]);
});

test("while a restored centre is read from the start, everything is asked for", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const restore = centre.backup();
  await device.write({ growth: "before" });
  await device.exchange();
  restore();
  /** @type {boolean[]} */
  const asked = [];
  device.line = async (address, init) => {
    asked.push(JSON.parse(await bodyOf(init)).folds === true);
    return centre.fetch(address, init);
  };
  await device.exchange();
  await device.write({ growth: "after" });
  await device.exchange();

  assert.deepEqual(asked.slice(0, -1).filter((isSpared, at) => isSpared && at > 0), []);
  assert.equal(asked.at(-1), true);
  assert.deepEqual(await heads(device), centre.headIds(RECORD));
});

test("a centre of before, which tells everything, is as good", async () => {
  const centre = new Centre();
  centre.isOlder = true;
  const device = await aDevice(centre);
  const told = listening(device, centre);
  await device.write({ growth: "words" });
  await device.exchange();

  assert.deepEqual(told.flat(), [RECORD]);
  assert.deepEqual(await heads(device), centre.headIds(RECORD));
});

test("a question with nothing to say is short, and so is the answer", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.exchange();
  /** @type {string[]} */
  const said = [];
  device.line = async (address, init) => {
    said.push(await bodyOf(init));
    const answer = await centre.fetch(address, init);
    said.push(await answer.clone().text());
    return answer;
  };
  await device.exchange();

  assert.deepEqual(Object.keys(JSON.parse(said[0])), ["protocol", "terse", "cursor"]);
  assert.deepEqual(Object.keys(JSON.parse(said[1])), ["protocol", "acks"]);
});

/** The records each answer told of. @param {Awaited<ReturnType<typeof aDevice>>} device @param {Centre} centre */
function listening(device, centre) {
  /** @type {string[][]} */
  const told = [];
  device.line = async (address, init) => {
    const answer = await centre.fetch(address, init);
    told.push((JSON.parse(await answer.clone().text()).records ?? []).map((/** @type {any} */ each) => each.record));
    return answer;
  };
  return told;
}

/** @param {Awaited<ReturnType<typeof aDevice>>} device @returns {Promise<Record<string, string[]>>} */
async function heads(device) {
  const row = await device.store.look(["record"], (shelf) => shelf("record").get(RECORD));
  return Object.fromEntries(Object.entries(row?.heads ?? {}).map(([name, list]) => [name, list.map((/** @type {any} */ { id }) => id)]));
}

test("many changes travel in as many requests as they need", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  for (let index = 0; index < 520; index++) await device.write({ "rating.A1": 1 }, `observation/r${index}`);
  const other = await aDevice(centre);

  await device.exchange();
  await other.exchange();

  assert.deepEqual(centre.received.slice(0, 3).map((ids) => ids.length), [250, 250, 20]);
  assert.equal((await other.store.list("observation")).length, 520);
});

test("a request holds no more bytes than the line was found to carry", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  for (let index = 0; index < 8; index++) await device.write({ growth: "x".repeat(200_000) }, `observation/r${index}`);

  await device.exchange();

  assert.deepEqual(centre.received.map((ids) => ids.length), [5, 3]);
});

test("a centre that takes less at once gets less at once", async () => {
  const centre = new Centre();
  centre.largestBatch = 3;
  const device = await aDevice(centre);
  for (let index = 0; index < 10; index++) await device.write({ "rating.A1": 1 }, `observation/r${index}`);

  const finished = await device.exchange();

  assert.equal(finished.problem, null);
  assert.equal(centre.log.length, 10);
});

test("a timeout halves the next request, a success doubles it, and one is the least", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  await device.write({ "rating.A1": 1 }, "observation/r2");
  device.size = 2;
  /** @type {typeof fetch} */
  const hangs = (_address, init) => new Promise((_, reject) => {
    init?.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
  });
  const slowly = async () => {
    device.line = hangs;
    const attempt = device.exchange();
    await abortSoon();
    return attempt;
  };
  const sizes = [];
  for (let turn = 0; turn < 2; turn++) {
    await slowly();
    sizes.push(device.size);
  }
  device.line = centre.fetch;
  await device.exchange();

  assert.deepEqual([...sizes, device.size], [1, 1, 4]);
});

test("a gap sends the device back to the number the centre asks for", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  for (let index = 1; index <= 4; index++) {
    await device.write({ "rating.A1": index });
    await device.exchange();
  }
  centre.log = centre.log.slice(0, 2);
  await device.write({ "rating.A2": 1 });

  const finished = await device.exchange();

  assert.equal(finished.problem, null);
  assert.deepEqual(centre.log.map((row) => row.change.id), [1, 2, 3, 4, 5].map((n) => `${device.replica}.${n}`));
  assert.deepEqual((await device.read()).fields, { "rating.A1": 4, "rating.A2": 1 });
  assert.deepEqual((await device.read()).conflicts, []);
});

test("after a fork everything stays, and goes on under a new replica with the same meaning", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ growth: "first" });
  await device.exchange();
  centre.log.push({ ...centre.log[0], change: { ...centre.log[0].change, id: `${device.replica}.2`, record: "observation/clone" }, body: "clone" });
  await device.write({ growth: "second" });
  await device.store.seal({ changes: 250, bytes: 1e6 });
  await device.write({ growth: "third" });

  const forked = await device.exchange();
  const meanwhile = await device.value("growth");
  await device.store.adopt(centre.pair("newrep", device.person));
  const finished = await device.exchange();

  assert.equal(forked.problem, "fork");
  assert.equal(meanwhile, "third");
  assert.equal(finished.problem, null);
  assert.deepEqual(centre.headIds(RECORD).growth, ["newrep.2"]);
  assert.deepEqual(centre.accepted(RECORD).map((change) => change.seen?.growth ?? []), [[], [`${device.replica}.1`], ["newrep.1", `${device.replica}.1`]]);
  assert.deepEqual((await device.read()).conflicts, []);
});

test("a device that finds the centre knows more of it than it does itself stops using its number", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ growth: "first" });
  await device.exchange();
  centre.log.push({ ...centre.log[0], change: { ...centre.log[0].change, id: `${device.replica}.2` }, body: "clone" });

  assert.equal((await device.exchange()).problem, "fork");
  assert.equal(await device.store.meta("standing"), "fork");
});

test("a centre restored from an old backup gets everything back from the tablets", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await one.write({ "rating.A1": 1 });
  await one.exchange();
  await other.exchange();
  const restore = centre.backup();
  await other.write({ "rating.A1": 2, "rating.A2": 2 });
  await other.exchange();
  await one.exchange();
  await one.write({ "rating.A1": 3 });
  await one.exchange();
  await one.write({ growth: "not sent yet" });
  const [before] = [centre.headIds(RECORD)];

  restore();
  const problems = [(await one.exchange()).problem, (await other.exchange()).problem, (await one.exchange()).problem];

  assert.deepEqual(problems, [null, null, null]);
  assert.deepEqual(centre.headIds(RECORD), { ...before, growth: [`${one.replica}.3`] });
  assert.deepEqual((await one.read()).fields, { "rating.A1": 3, "rating.A2": 2, growth: "not sent yet" });
  await other.exchange();
  assert.deepEqual((await other.read()).fields, (await one.read()).fields);
});

test("after a reset, what the full reading did not list is forgotten, but never what was not sent", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  const restore = centre.backup();
  await other.write({ topic: "lost with the centre" }, "observation/lost");
  await other.exchange();
  await one.exchange();
  await one.write({ topic: "kept here" }, "observation/mine");
  restore();
  centre.largestBatch = 0;
  await one.exchange(); // the centre takes nothing, so the reading cannot be done
  centre.largestBatch = 1000;

  assert.equal((await one.exchange()).problem, null);
  assert.deepEqual((await one.store.list("observation")).map(({ record }) => record), ["observation/mine"]);
  assert.deepEqual(centre.accepted("observation/mine").length, 1);
});

test("a device the restored centre never heard of offers everything again, and nothing is there twice", async () => {
  const centre = new Centre();
  const restore = centre.backup();
  const device = await aDevice(centre);
  await device.write({ growth: "a" });
  await device.exchange();
  await device.write({ growth: "b" });
  await device.store.seal({ changes: 250, bytes: 1e6 });
  restore();

  const stranger = await device.exchange();
  await device.store.adopt(centre.pair("newrep", device.person));
  const finished = await device.exchange();

  assert.equal(stranger.problem, "signed-out");
  assert.equal(finished.problem, null);
  assert.deepEqual(centre.headIds(RECORD), { growth: [`${device.replica}.2`] });
  assert.deepEqual((await device.read()).fields, { growth: "b" });
  assert.equal((await device.store.waiting()).changes, 0);
});

test("a held change leaves the record, is told with its reason, and does not block the rest", async () => {
  const centre = new Centre();
  centre.verdict = (change) => ("rating.A1" in change.set ? "signed-off" : null);
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  await device.write({ "rating.A1": 1, growth: "x" }, "person/p1");
  await device.write({ growth: "x" }, "observation/r2");

  await device.exchange();

  assert.equal((await device.store.waiting()).changes, 0);
  assert.deepEqual((await device.read()).fields, {});
  assert.deepEqual((await device.store.held()).map(({ reason, set }) => [reason, set]), [
    ["signed-off", { "rating.A1": 1 }], ["signed-off", { "rating.A1": 1, growth: "x" }],
  ]);
  assert.equal(await device.value("growth", "observation/r2"), "x");
});

test("a held change that is released becomes the record's and is no longer told", async () => {
  const centre = new Centre();
  centre.verdict = () => "not-allowed";
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  await device.exchange();

  await device.store.take({
    protocol: 1, acks: {}, cursor: "later",
    records: [{ record: RECORD, school: "s1", whole: true, heads: [{ id: `${device.replica}.1`, by: device.person, at: "2026-11-22T03:00:00Z", set: { "rating.A1": 1 } }] }],
  }, await device.store.meta("cursor"));

  assert.deepEqual(await device.store.held(), []);
  assert.equal(await device.value("rating.A1"), 1);
});

test("a lost answer about a held change is told again", async () => {
  const centre = new Centre();
  centre.verdict = () => "invalid";
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  device.line = losesAnswers(centre);
  await device.exchange();
  device.line = centre.fetch;

  await device.exchange();

  assert.equal((await device.store.held()).length, 1);
  assert.deepEqual((await device.read()).fields, {});
});

for (const [text, status] of /** @type {[string, number][]} */ ([
  ["<html>Please sign in to the hotel</html>", 200], ["{}", 200], ['{"protocol":1}', 200], ['{"protocol":1,"acks":{"x":"9"}}', 200],
  ["<html>go away</html>", 401], ["<html>go away</html>", 403], ["<html>go away</html>", 410], ["", 511], ["", 302],
])) {
  test(`a portal that answers ${status} ${text || "nothing"} is no centre: everything stays`, async () => {
    const centre = new Centre();
    const device = await aDevice(centre, { line: says(text, status) });
    await device.write({ "rating.A1": 2 });

    const finished = await device.exchange();

    assert.equal(finished.problem, "portal");
    assert.equal((await device.store.waiting()).changes, 1);
    device.line = centre.fetch;
    await device.exchange();
    assert.equal(centre.log.length, 1);
  });
}

test("an answer cut in mid-body takes nothing away", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, {
    line: async (address, init) => new Response((await (await centre.fetch(address, init)).text()).slice(0, -9), { status: 200 }),
  });
  await device.write({ "rating.A1": 2 });

  const finished = await device.exchange();

  assert.equal(finished.problem, "portal");
  assert.equal((await device.store.waiting()).changes, 1);
});

test("a busy centre is asked again when it says", async () => {
  const device = await aDevice(new Centre(), { line: async () => new Response("", { status: 503, headers: { "Retry-After": "90" } }) });
  await device.write({ "rating.A1": 2 });

  assert.deepEqual(await device.exchange(), { problem: "server", retryAfterMs: 90_000, size: 250 });
});

for (const [status, problem] of /** @type {[number, string][]} */ ([[401, "signed-out"], [403, "revoked"], [426, "too-old"], [400, "refused"]])) {
  test(`${status} is told as ${problem}, and everything stays and can be saved to a file`, async () => {
    const centre = new Centre();
    const device = await aDevice(centre, { line: async () => centre.problem(status, "no") });
    await device.write({ "rating.A1": 2 });

    assert.equal((await device.exchange()).problem, problem);
    assert.equal((await device.store.waiting()).changes, 1);
    assert.match((await device.store.saveToFile()).name, /^observe-\d{4}-\d\d-\d\d-.+\.jsonl\.gz$/);
  });
}

test("one change the centre cannot read does not keep those before it from arriving", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, {
    line: async (address, init) => (JSON.stringify(await bodyOf(init)).includes("poison") ? centre.problem(400, "no") : centre.fetch(address, init)),
  });
  for (let index = 1; index <= 9; index++) await device.write({ topic: index === 6 ? "poison" : "t" }, `observation/r${index}`);

  assert.equal((await device.exchange()).problem, "refused");
  assert.equal(centre.log.length, 5);
});

test("a clock that is far off is told, and never adopted", async () => {
  const centre = new Centre();
  const year = 365 * 24 * 60;
  const device = await aDevice(centre, { nowMs: () => Date.now() + year * 60_000 });
  await device.write({ "rating.A1": 2 });
  await device.exchange();

  assert.ok(Math.abs((await device.store.standing()).clockOffsetMinutes ?? 0) > year - 2);
  assert.equal(centre.log[0].change.at.slice(0, 4), String(new Date(Date.now() + year * 60_000).getUTCFullYear()));
});

test("acknowledged changes stay on the device until they are in a backup", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 2 });
  await device.exchange();
  const kept = (await device.store.standing()).notBackedUp;
  centre.backedUp = { [device.replica]: 1 };
  await device.exchange();

  assert.equal(kept, 1);
  assert.equal((await device.store.standing()).notBackedUp, 0);
  assert.equal((await device.read()).whereabouts, "backed-up");
});

test("a record that is no longer ours to see goes, and what we had not sent of it stays", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await other.write({ topic: "theirs" });
  await other.exchange();
  await one.exchange();
  await one.write({ growth: "mine" });

  await one.store.take({ protocol: 1, acks: {}, records: [{ record: RECORD, gone: true }], cursor: "c2" }, await one.store.meta("cursor"));

  assert.deepEqual((await one.read()).fields, { growth: "mine" });
});

test("a backup of a number does not make us forget what was not acknowledged under it", async () => {
  const device = await aDevice(new Centre());
  await device.write({ growth: "mine, and not what a copy of this device wrote" });
  await device.store.seal({ changes: 1, bytes: 1e6 });

  await device.store.take({ protocol: 1, acks: {}, backed_up: { [device.replica]: 1 }, cursor: "c" }, null);

  assert.equal((await outbox(device.store)).length, 1);
  assert.equal((await device.read()).whereabouts, "tablet");
});

test("what we brought to a record that is not ours to see goes when it is acknowledged", async () => {
  const centre = new Centre();
  centre.maySee = (_person, record) => record !== RECORD;
  const device = await aDevice(centre);
  await device.write({ growth: "mine" });
  await device.write({ growth: "mine too" }, "observation/r2");

  await device.exchange();

  assert.deepEqual((await device.store.list("observation")).map(({ record }) => record), ["observation/r2"]);
});

test("an answer to an older question, come late from another tab, does not turn the records back", async () => {
  const centre = new Centre();
  const [one, other] = [await aDevice(centre), await aDevice(centre)];
  await other.write({ topic: "old" });
  await other.exchange();
  /** @type {(() => void)[]} */
  const waiting = [];
  const slow = { ...one, line: /** @type {typeof fetch} */ (async (address, init) => {
    const answer = await centre.fetch(address, init);
    await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    return answer;
  }) };
  const { exchangeAll } = await import("../../static/js/exchange/round.js");
  const late = exchangeAll(one.store, { fetch: slow.line, nowMs: Date.now }, 250);
  while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await other.write({ topic: "new" });
  await other.exchange();
  await one.exchange();
  waiting[0]();
  await late;

  assert.equal(await one.value("topic"), "new");
});

test("first reading is complete only when the centre has no more to tell", async () => {
  const centre = new Centre();
  const other = await aDevice(centre);
  for (let index = 0; index < 210; index++) await other.write({ topic: "t" }, `observation/r${index}`);
  await other.exchange();
  let answers = 0;
  const device = await aDevice(centre, { line: async (address, init) => {
    if (++answers === 2) throw new TypeError("network");
    return centre.fetch(address, init);
  } });

  await device.exchange();
  const halfway = await device.store.standing();
  await device.exchange();

  assert.equal(halfway.firstPullComplete, false);
  assert.equal((await device.store.standing()).firstPullComplete, true);
  assert.equal((await device.store.list("observation")).length, 210);
});

/** The exchange gives up after thirty seconds; here, at once. */
async function abortSoon() {
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const fire of timeouts.splice(0)) fire();
}

/** @type {(() => void)[]} */
const timeouts = [];
const later = globalThis.setTimeout;
globalThis.setTimeout = /** @type {any} */ ((/** @type {() => void} */ work, /** @type {number} */ ms, /** @type {any[]} */ ...rest) => {
  if (ms === 30_000) timeouts.push(work);
  return later(work, ms, ...rest);
});

/** @param {RequestInit | undefined} init */
async function bodyOf(init) {
  return typeof init?.body === "string" ? init.body : new Response(/** @type {Blob} */ (init?.body).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

test("a device that signed in again does not stand against what it sent before", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ growth: "a" });
  await device.exchange();
  await device.write({ growth: "b" });
  device.line = losesAnswers(centre);
  await device.exchange();
  device.line = centre.fetch;
  centre.tokens.clear();
  await device.exchange();

  await device.store.adopt(centre.pair("newrep", device.person));
  await device.write({ growth: "c" });
  await device.exchange();

  assert.deepEqual((await device.read()).conflicts, []);
  assert.equal(await device.value("growth"), "c");
  assert.deepEqual(centre.headIds(RECORD), { growth: ["newrep.1"] });
});

test("an edit kept while an exchange begins is no sign of a copied device", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const seal = device.store.seal;
  device.store.seal = async (limit) => {
    await device.write({ "rating.A1": 4 });
    return seal(limit);
  };

  assert.equal((await device.exchange()).problem, null);
  assert.equal((await device.store.waiting()).changes, 0);
  assert.equal(await device.value("rating.A1"), 4);
});

test("nor is an edit that another tab sent in the meantime", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  const tab = { ...device, store: open(device.person) };
  device.line = async (address, init) => {
    const first = await centre.fetch(address, init);
    await device.write({ "rating.A2": 2 }, "observation/r2");
    const { exchangeAll } = await import("../../static/js/exchange/round.js");
    await exchangeAll(tab.store, { fetch: centre.fetch, nowMs: Date.now }, 250);
    return JSON.parse(await first.clone().text()).acks ? centre.fetch(address, init) : first;
  };

  assert.equal((await device.exchange()).problem, null);
  assert.equal(await device.store.meta("standing"), undefined);
});

test("an answer from before a restore puts nothing away that the restored centre never got", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ "rating.A1": 1 });
  await device.exchange();
  const restore = centre.backup();
  const { cursor } = await device.store.standing();
  await device.write({ "rating.A1": 2 }, "observation/r2");
  const [row] = await device.store.seal({ changes: 250, bytes: 1e6 });
  const asked = { protocol: 1, terse: true, folds: true, cursor, changes: [JSON.parse(row.body ?? "")] };
  const headers = { Authorization: `Bearer ${device.pairing.token}` };
  const slow = await (await centre.fetch("", { headers, body: JSON.stringify(asked) })).json(); // on its way to one tab
  restore();
  await device.store.startOver(); // another tab has heard of it

  await device.store.take(slow, cursor);
  await device.exchange();
  await device.exchange();

  assert.equal(centre.log.length, 2);
  assert.equal(await device.value("rating.A1", "observation/r2"), 2);
});

test("after a lost answer, smaller batches bring no word back that the same device replaced", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ title: "a" }, "observation/other");
  await device.store.seal({ changes: 250, bytes: 1e6 });
  await device.write({ "rating.A": 1 });
  await device.store.seal({ changes: 250, bytes: 1e6 }); // an attempt without a network seals
  await device.write({ "rating.A": 2 });
  device.line = losesAnswers(centre);
  await device.exchange();
  device.size = 1; // what a timeout makes of it, step by step
  device.line = centre.fetch;
  await device.exchange();
  assert.equal((await outbox(device.store)).length, 0);
  assert.deepEqual(centre.headIds(RECORD)["rating.A"].map((id) => id.split(".")[1]), ["3"]);
  assert.deepEqual((await device.read()).conflicts, []);
});

test("nor one that somebody else replaced meanwhile", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { person: "p1" });
  await device.write({ title: "a" }, "observation/other");
  await device.write({ "rating.A": 1 });
  device.line = losesAnswers(centre);
  await device.exchange();
  const two = await aDevice(centre, { person: "p2" });
  await two.exchange();
  await two.write({ "rating.A": 3 });
  await two.exchange();
  device.size = 1;
  device.line = centre.fetch;
  await device.exchange();
  assert.equal((await outbox(device.store)).length, 0);
  assert.deepEqual((await device.read()).conflicts, []);
  assert.equal(await device.value("rating.A"), 3);
  assert.equal(centre.headIds(RECORD)["rating.A"].length, 1);
});
