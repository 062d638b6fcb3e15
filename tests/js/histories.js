// @ts-check
/** Histories that could happen, each the same again for the same seed. `node tests/js/histories.js 500` runs many. */
import assert from "node:assert/strict";
import { Centre } from "./centre.js";
import { SCHOOL, aDevice, fresh, says } from "./builders.js";
import { exchangeAll } from "../../static/js/exchange/round.js";
import { numberOf } from "../../static/js/sync/change.js";
import { open } from "../../static/js/local/records.js";

const STEPS = 45;
const RECORDS = ["observation/r1", "observation/r2"];
const FIELDS = ["rating.A1", "rating.A2", "growth", "note.n1"];
const VALUES = [null, 0, 1, 2, "na", "good", { text: "x", at_s: 1, tags: ["A1"] }];

/** The same chance again for the same seed. @param {number} seed */
function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, /** @template T @param {T[]} list @returns {T} */ pick: (list) => list[Math.floor(next() * list.length)] };
}

/** @typedef {Awaited<ReturnType<typeof aDevice>>} Device */

/**
 * One history: three devices write, exchange, lose answers, open and close, meet portals and a restored centre, and
 * come to rest. Throws when they do not end alike, or when something is lost. @param {number} seed
 */
export async function run(seed) {
  const { next, pick } = chance(seed);
  const centre = new Centre();
  if (seed % 3 === 0) centre.verdict = (change) => (change.set["rating.A2"] === "na" ? "invalid" : null);
  centre.isOlder = seed % 5 === 4;
  const devices = [await aDevice(centre), await aDevice(centre), await aDevice(centre)];
  /** @type {(() => void) | null} */
  let restore = null;
  let written = 0;
  /** @type {Set<string>} */
  const cloned = new Set();
  /** @type {Map<string, string>} the word a person wrote last in a field */
  const lastWords = new Map();

  /** @type {((device: Device) => Promise<unknown>)[]} */
  const steps = [
    ...Array(5).fill(async (/** @type {Device} */ device) => {
      const [record, name, value] = [pick(RECORDS), pick(FIELDS), next() < 0.3 ? `word ${++written}` : pick(VALUES)];
      await device.write({ [name]: value }, record);
      const place = [device.person, record, name].join(" ");
      if (typeof value === "string" && value.startsWith("word")) lastWords.set(place, value);
      else lastWords.delete(place);
    }),
    ...Array(4).fill(async (/** @type {Device} */ device) => {
      const { problem } = await device.exchange();
      if (problem === null) await assertAlike(device, centre);
      if (problem === "fork") assert.ok(cloned.has((await device.store.meta("pairing")).replica), "nobody copied this device");
    }),
    (device) => over(device, says("<html>welcome</html>")),
    (device) => over(device, async () => { throw new TypeError("network"); }),
    (device) => over(device, lossy(centre, () => next() < 0.5)),
    async (device) => { device.store.close(); device.store = open(device.person); },
    (device) => device.store.saveToFile(),
    async (device) => {
      const record = pick(RECORDS);
      lastWords.delete([device.person, record, "growth"].join(" "));
      await twoTabs(device, centre, record);
      if ((await device.store.meta("standing")) === "fork") assert.ok(cloned.has((await device.store.meta("pairing")).replica), "two tabs are no copy");
    },
    async () => { restore ??= centre.backup(); },
    async () => { if (restore && next() < 0.5) { restore(); restore = null; } },
    (device) => repaired(device, centre),
    async (device) => {
      const { replica } = await device.store.meta("pairing");
      if (next() > 0.2) return;
      cloned.add(replica);
      writesLikeAClone(centre, replica);
    },
    (device) => over(device, async (address, init) => {
      await device.write({ growth: fresh("meanwhile") }, pick(RECORDS));
      return centre.fetch(address, init);
    }),
  ];
  for (let step = 0; step < STEPS; step++) await pick(steps)(pick(devices));

  await rest(devices, centre);

  for (const device of devices) await assertAlike(device, centre);
  assertNoGap(centre);
  for (const device of devices) {
    assert.equal((await device.store.waiting()).changes, 0);
    assert.deepEqual((await device.store.held()).map(({ id }) => id).sort(), heldOf(centre, device.person), "held");
  }
  assertNothingLost(centre, lastWords);
  for (const device of devices) device.store.close();
}

/** @param {Device} device @param {typeof fetch} line */
async function over(device, line) {
  const before = device.line;
  device.line = line;
  await device.exchange();
  device.line = before;
}

/** Some requests arrive and their answers do not. @param {Centre} centre @param {() => boolean} isLost @returns {typeof fetch} */
function lossy(centre, isLost) {
  return async (address, init) => {
    const answer = await centre.fetch(address, init);
    if (isLost()) throw new TypeError("network");
    return answer;
  };
}

/** Two tabs write and exchange at once, with nothing to keep them apart. @param {Device} device @param {Centre} centre @param {string} record */
async function twoTabs(device, centre, record) {
  const tab = open(device.person);
  const slow = /** @type {typeof fetch} */ (async (address, init) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return centre.fetch(address, init);
  });
  await Promise.all([
    tab.keep({ school: SCHOOL, record, set: { growth: fresh("tab") } }),
    device.write({ growth: fresh("tab") }, record),
    exchangeAll(tab, { fetch: slow, nowMs: Date.now }, 250),
    device.exchange(),
  ]);
  tab.close();
}

/** A copy of the device, made by restoring its disk elsewhere, sends something first. @param {Centre} centre @param {string} replica */
function writesLikeAClone(centre, replica) {
  const n = 1 + Math.max(0, ...centre.log.filter(({ change }) => change.id.startsWith(`${replica}.`)).map(({ change }) => numberOf(change.id)));
  const change = { id: `${replica}.${n}`, school: SCHOOL, record: "observation/clone", by: "clone", at: "2026-11-22T03:00:00.000Z", set: { growth: fresh("clone") } };
  centre.log.push({ change, body: JSON.stringify(change), reason: null });
}

/** Signed in again where the centre no longer knew the device. @param {Device} device @param {Centre} centre */
async function repaired(device, centre) {
  if ((await device.store.meta("standing")) === undefined) return;
  await device.store.adopt(centre.pair(fresh("again"), device.person));
}

/** @param {Device[]} devices @param {Centre} centre */
async function rest(devices, centre) {
  for (let turn = 0; turn < 4; turn++) {
    for (const device of devices) {
      const { problem } = await device.exchange();
      if (problem !== null) {
        await repaired(device, centre);
        assert.equal((await device.exchange()).problem, null);
      }
    }
  }
}

/** @param {Centre} centre */
function assertNoGap(centre) {
  /** @type {Map<string, number>} */
  const last = new Map();
  for (const { change } of centre.log) {
    const [replica, n] = change.id.split(".");
    assert.equal(Number(n), (last.get(replica) ?? 0) + 1, change.id);
    last.set(replica, Number(n));
  }
}

/** What somebody wrote last in a field is in the log. @param {Centre} centre @param {Map<string, string>} lastWords */
function assertNothingLost(centre, lastWords) {
  const stored = new Set(centre.log.flatMap(({ change }) => Object.entries(change.set).map(([name, value]) => [change.by, change.record, name, value].join(" "))));
  for (const [place, word] of lastWords) assert.ok(stored.has(`${place} ${word}`), `${place} ${word} is lost`);
}

/** A device that exchanged shows what the centre has. @param {Device} device @param {Centre} centre */
async function assertAlike(device, centre) {
  for (const record of RECORDS) {
    const row = await device.store.look(["record"], (shelf) => shelf("record").get(record));
    assert.deepEqual(sortedIds(row?.heads ?? {}), sorted(centre.headIds(record)), `${record} at ${device.replica}`);
  }
}

/** @param {Centre} centre @param {string} person */
function heldOf(centre, person) {
  return centre.log.filter(({ change, reason }) => reason && change.by === person).map(({ change }) => change.id).sort();
}

/** @param {Record<string, {id: string}[]>} heads */
function sortedIds(heads) {
  return sorted(Object.fromEntries(Object.entries(heads).map(([name, list]) => [name, list.map(({ id }) => id)])));
}

/** @param {Record<string, string[]>} heads */
function sorted(heads) {
  return Object.fromEntries(Object.keys(heads).sort().map((name) => [name, [...heads[name]].sort()]));
}

if (process.argv[1] === import.meta.filename) {
  for (let seed = 1; seed <= Number(process.argv[2] ?? 100); seed++) await run(seed).catch((thrown) => { throw new Error(`seed ${seed}`, { cause: thrown }); });
}
