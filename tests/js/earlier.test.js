// @ts-check
/** A device that goes on under a new name offers what it wrote before under the name it was written with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, aDevice, outbox } from "./builders.js";

/** Another device has replaced what the first wrote, and the centre then ends that first one's pairing. @param {Centre} centre */
async function replacedAndEnded(centre) {
  const [device, other] = [await aDevice(centre), await aDevice(centre)];
  await device.write({ growth: "first" });
  await device.exchange();
  await other.exchange();
  await other.write({ growth: "better" });
  await other.exchange();
  await device.write({ strengths: "not sent" });
  centre.tokens.delete(device.pairing.token);
  await device.exchange();
  return { device, other };
}

test("what was replaced by somebody else does not stand up against it after a new pairing", async () => {
  const centre = new Centre();
  const { device, other } = await replacedAndEnded(centre);

  await device.store.adopt(centre.pair("repnew", device.person));
  const finished = await device.exchange();

  assert.equal(finished.problem, null);
  assert.deepEqual(centre.headIds(RECORD), { growth: [`${other.replica}.1`], strengths: [`${device.replica}.2`] });
  assert.deepEqual((await device.read()).conflicts, []);
  assert.equal((await device.store.waiting()).changes, 0);
});

test("nor when the centre is restored after the new pairing", async () => {
  const centre = new Centre();
  const { device, other } = await replacedAndEnded(centre);
  const restore = centre.backup();
  await device.store.adopt(centre.pair("repnew", device.person));
  await device.exchange();
  await device.write({ topic: "under the new name" });
  await device.exchange();

  restore();
  await device.exchange();
  await device.store.adopt(centre.pair("repnewer", device.person));
  const finished = await device.exchange();

  assert.equal(finished.problem, null);
  assert.deepEqual(centre.headIds(RECORD), {
    growth: [`${other.replica}.1`], strengths: [`${device.replica}.2`], topic: ["repnew.1"],
  });
});

test("what was written first travels first, whatever its name", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { replica: "zzzz" });
  await device.write({ topic: "one" });
  await device.exchange();
  await device.write({ topic: "two" });
  centre.tokens.clear();
  await device.exchange();
  await device.store.adopt(centre.pair("aaaa", device.person));
  await device.write({ topic: "three" });
  centre.received = [];

  await device.exchange();

  assert.deepEqual(centre.received.flat(), ["zzzz.1", "zzzz.2", "aaaa.1"]);
  assert.deepEqual(centre.headIds(RECORD), { topic: ["aaaa.1"] });
});

for (const [name, make] of /** @type {[string, (centre: Centre) => void][]} */ ([
  ["takes no earlier names", (centre) => { centre.takesEarlier = false; }],
  ["has other words under the earlier name", (centre) => { centre.log[0].body = centre.log[0].body.replace("one", "een"); }],
  ["lacks what the device has forgotten", (centre) => { centre.log = []; centre.epoch = "older"; }],
])) {
  test(`a centre that ${name} gets everything under the new name`, async () => {
    const centre = new Centre();
    const device = await aDevice(centre, { replica: `old${name.length}` });
    for (const word of ["one", "two", "three"]) {
      await device.write({ topic: word });
      await device.exchange();
    }
    if (name.startsWith("lacks")) {
      centre.backedUp = { [device.replica]: 1 };
      await device.exchange();
    }
    centre.tokens.clear();
    await device.exchange();
    await device.store.adopt(centre.pair(`new${name.length}`, device.person));
    make(centre);

    const finished = await device.exchange();

    assert.equal(finished.problem, null);
    assert.deepEqual((await device.read()).fields, { topic: "three" });
    assert.deepEqual(await outbox(device.store), []);
    assert.ok(centre.log.some(({ change }) => change.id.startsWith("new") && change.set.topic === "three"));
  });
}
