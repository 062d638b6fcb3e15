// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { RECORD, aDevice, fresh } from "./builders.js";
import { pair } from "../../static/js/exchange/pair.js";
import { currentPerson } from "../../static/js/local/device.js";
import { open } from "../../static/js/local/records.js";

/** Answer the next pairing like this. @param {number} status @param {any} said */
function answering(status, said) {
  /** @type {{address: any, init: any}[]} */
  const asked = [];
  globalThis.fetch = async (address, init) => {
    asked.push({ address, init });
    return new Response(JSON.stringify(said), { status });
  };
  return asked;
}

test("a paired device knows who uses it, and may keep", async () => {
  const person = fresh("person");
  const asked = answering(201, new Centre().pair("repa", person));

  await pair({ name: "Tablet ruang guru", csrf: "secret", language: "id" });
  const store = open(person);
  await store.keep({ school: "s1", record: RECORD, set: { topic: "x" } });

  assert.deepEqual(await currentPerson(), { person, name: person, language: "id" });
  const { key, ...told } = JSON.parse(asked[0].init.body);
  assert.deepEqual(told, { protocol: 1, name: "Tablet ruang guru" });
  assert.equal(typeof key, "string");
  assert.equal(asked[0].init.headers["X-CSRFToken"], "secret");
  assert.equal((await store.waiting()).changes, 1);
});

test("a person whose pairing here is still good keeps it, with all that waits", async () => {
  const device = await aDevice(new Centre());
  await device.write({ topic: "waits" });
  const asked = answering(201, null);

  const pairing = await pair({ name: "again", csrf: "secret", language: "en", person: device.person });

  assert.equal(asked.length, 0);
  assert.equal(pairing.replica, device.replica);
  assert.equal(await device.value("topic"), "waits");
});

test("after the centre ended this device, the same person goes on under a new name with all that waits", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  await device.write({ topic: "waits" });
  centre.tokens.clear();
  await device.exchange();
  answering(201, centre.pair("repnew", device.person));

  await pair({ name: "again", csrf: "secret", language: "id", person: device.person });
  await device.exchange();

  assert.deepEqual(centre.log.map(({ change }) => [change.id, change.set]), [[`${device.replica}.1`, { topic: "waits" }]]);
});

for (const [status, said] of /** @type {[number, any][]} */ ([[400, { detail: "no" }], [201, { replica: "x" }], [200, "<html>"], [429, {}]])) {
  test(`an answer of ${status} ${JSON.stringify(said)} pairs nothing and changes nothing`, async () => {
    const before = await currentPerson();
    answering(status, said);

    await assert.rejects(pair({ name: "t", csrf: "c", language: "id" }), { name: "PairingFailed", status });

    assert.deepEqual(await currentPerson(), before);
  });
}

test("with no network, pairing says so", async () => {
  globalThis.fetch = async () => { throw new TypeError("network"); };

  await assert.rejects(pair({ name: "t", csrf: "c", language: "id" }), { name: "PairingFailed", status: 0 });
});
