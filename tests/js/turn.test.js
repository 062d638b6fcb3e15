// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, SCHOOL, aDevice, fresh, outbox, ticking } from "./builders.js";
import { personDatabase } from "../../static/js/local/shelves.js";
import { open } from "../../static/js/local/records.js";

const FIELDS = ["rating.A1", "rating.A2", "topic"];
const LATER_MS = 61_000;

/** Two tabs of one person on one device. @param {() => number} nowMs @param {{person?: string, replica?: string}} [names] */
async function twoTabs(nowMs, { person = fresh("person"), replica = fresh("rep") } = {}) {
  const centre = new Centre();
  const device = await aDevice(centre, { person, replica, nowMs });
  return { centre, device, tabs: [device.store, open(person, { nowMs })] };
}

/** @param {() => Promise<void>} work @returns {Promise<number>} how often the disk was asked for a row */
async function looksDuring(work) {
  let looks = 0;
  const originals = [IDBObjectStore, IDBIndex].map((kind) => /** @type {const} */ ([kind.prototype, kind.prototype.get, kind.prototype.getAll]));
  for (const [kind, get, getAll] of originals) {
    kind.get = function (...asked) { looks += 1; return get.apply(/** @type {any} */ (this), asked); };
    kind.getAll = function (...asked) { looks += 1; return getAll.apply(/** @type {any} */ (this), asked); };
  }
  try {
    await work();
  } finally {
    for (const [kind, get, getAll] of originals) Object.assign(kind, { get, getAll });
  }
  return looks;
}

test("an edit upon one of this page is kept without a look at the disk", async () => {
  const { tabs: [page], device } = await twoTabs(ticking());
  const first = await looksDuring(() => page.keep({ school: SCHOOL, record: RECORD, set: { "rating.A1": 1 } }));

  const second = await looksDuring(() => page.keep({ school: SCHOOL, record: RECORD, set: { "rating.A2": 2 } }));

  assert.ok(first > 0);
  assert.equal(second, 0);
  assert.deepEqual((await device.read()).fields, { "rating.A1": 1, "rating.A2": 2 });
});

test("what another tab wrote is never written over unseen", async () => {
  const { tabs: [page, other], device } = await twoTabs(ticking());
  await page.keep({ school: SCHOOL, record: RECORD, set: { "rating.A1": 1 } });
  await other.seal({ changes: 250, bytes: 1e6 });
  await other.keep({ school: SCHOOL, record: RECORD, set: { "rating.A1": 2 } });

  await page.keep({ school: SCHOOL, record: RECORD, set: { "rating.A1": 3, topic: "pecahan" } });

  const rows = await outbox(page);
  assert.deepEqual(rows.map(({ n, change }) => [n, change.set]), [[1, { "rating.A1": 1 }], [2, { "rating.A1": 3, topic: "pecahan" }]]);
  assert.equal(await device.value("rating.A1"), 3);
});

test("a page that slept longer than turns are remembered reads before it writes", async () => {
  let nowMs = Date.UTC(2026, 10, 22, 3);
  const { tabs: [page, other], device } = await twoTabs(() => nowMs);
  await page.keep({ school: SCHOOL, record: RECORD, set: { "rating.A1": 1 } });
  await other.keep({ school: SCHOOL, record: RECORD, set: { "rating.A2": 2 } });
  await personDatabase(device.person).write(["turn"], async (shelf) => { // as after thirty thousand more
    await shelf("turn").clear();
    await shelf("turn").add(true, 30_000);
  });

  nowMs += LATER_MS;
  await page.keep({ school: SCHOOL, record: RECORD, set: { topic: "pecahan" } });

  assert.deepEqual((await device.read()).fields, { "rating.A1": 1, "rating.A2": 2, topic: "pecahan" });
});

for (let seed = 1; seed <= 25; seed += 1) {
  test(`two tabs that do not read first keep what two that always do would keep (history ${seed})`, async () => {
    const history = historyOf(seed);

    const quick = await liveThrough(history, ticking(), `quick${seed}`);
    const careful = await liveThrough(history, ticking(Date.UTC(2026, 10, 22, 3), LATER_MS), `careful${seed}`);

    assert.deepEqual(quick, careful);
    assert.ok(quick.length > 0);
  });
}

/** @typedef {{tab: 0 | 1, what: "keep" | "seal" | "exchange" | "together", field: string, value: number}} Step */

/** @param {number} seed @returns {Step[]} */
function historyOf(seed) {
  let state = seed * 2_654_435_761 % 2 ** 32;
  const below = (/** @type {number} */ most) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(state / 2 ** 32 * most);
  };
  return Array.from({ length: 40 }, () => ({
    tab: /** @type {0 | 1} */ (below(2)),
    what: /** @type {const} */ (["keep", "keep", "keep", "keep", "together", "seal", "exchange"])[below(7)],
    field: FIELDS[below(3)],
    value: below(4),
  }));
}

/** @param {Step[]} history @param {() => number} nowMs @param {string} person @returns {Promise<any[]>} every change, without its time */
async function liveThrough(history, nowMs, person) {
  const { centre, device, tabs } = await twoTabs(nowMs, { person, replica: "rep" });
  const keep = (/** @type {Step} */ { tab, field, value }) => tabs[tab].keep({ school: SCHOOL, record: RECORD, set: { [field]: value } });
  for (const step of history) {
    if (step.what === "keep") await keep(step);
    if (step.what === "together") await Promise.all([keep(step), keep({ ...step, field: "growth" })]);
    if (step.what === "seal") await tabs[step.tab].seal({ changes: 250, bytes: 1e6 });
    if (step.what === "exchange") await device.exchange();
  }
  await device.exchange();
  assert.deepEqual(await outbox(device.store), []);
  return centre.log.map(({ change: { id, set, seen } }) => ({ id, set, seen }));
}
