// @ts-check
/** The saved file: sealed where this device has a key, which never leaves it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { aDevice, fresh } from "./builders.js";
import { pair } from "../../static/js/exchange/pair.js";
import { open } from "../../static/js/local/records.js";

/** What the pairing told the centre. @param {Centre} centre @param {string} person @returns {Promise<any>} */
async function paired(centre, person) {
  /** @type {any} */
  let told;
  globalThis.fetch = async (_address, init) => {
    told = JSON.parse(String(init?.body));
    return new Response(JSON.stringify(centre.pair(fresh("rep"), person)), { status: 201 });
  };
  await pair({ name: "Tablet", csrf: "secret", language: "id" });
  return told;
}

/** @param {Blob} file @returns {Promise<string>} */
function inflated(file) {
  return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

test("a saved file is sealed with a key that only this device has", async () => {
  const person = fresh("person");
  const told = await paired(new Centre(), person);
  const store = open(person);
  await store.keep({ school: "s1", record: "observation/r1", set: { topic: "Pecahan – ½" } });

  const text = await inflated(await store.saveToFile());
  const at = text.lastIndexOf("\n", text.length - 2) + 1;
  const seal = JSON.parse(text.slice(at));
  const key = await crypto.subtle.importKey("spki", bytes(told.key), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  /** @param {string} sealed */
  const isRight = (sealed) => crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes(seal.signature), new TextEncoder().encode(sealed));

  assert.equal(seal.observe, "seal");
  assert.equal(await isRight(text.slice(0, at)), true);
  assert.equal(await isRight(text.slice(0, at).replace("½", "¼")), false);
  assert.equal((await store.meta("pairing")).key.extractable, false);
});

test("a page that may have no keys pairs all the same, and its file has no seal", async (t) => {
  t.mock.getter(globalThis.crypto, "subtle", () => undefined);
  const person = fresh("person");
  const told = await paired(new Centre(), person);
  const store = open(person);
  await store.keep({ school: "s1", record: "observation/r1", set: { topic: "x" } });

  const lines = (await inflated(await store.saveToFile())).trimEnd().split("\n").map((line) => JSON.parse(line));

  assert.equal(told.key, undefined);
  assert.equal(lines[0].is_sealed, false);
  assert.equal(lines.length, 2);
});

test("what was written under an earlier name stands before what came after it", async () => {
  const centre = new Centre();
  const device = await aDevice(centre, { replica: "zzzz" });
  await device.write({ topic: "one" });
  centre.tokens.clear();
  await device.exchange();
  await device.store.adopt(centre.pair("aaaa", device.person));
  await device.write({ topic: "two" });

  const lines = (await inflated(await device.store.saveToFile())).trimEnd().split("\n").map((line) => JSON.parse(line));

  assert.deepEqual(lines.slice(1).map(({ id }) => id), ["zzzz.1", "aaaa.1"]);
});
