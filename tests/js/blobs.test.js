// @ts-check
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { deleteDB, openDB } from "idb";
import { Centre } from "./centre.js";
import { RECORD, SCHOOL, aDevice, fresh } from "./builders.js";
import { FIRST_PIECE, sendBlobs } from "../../static/js/exchange/blobs.js";
import { byHand, sha256 } from "../../static/js/lib/sha256.js";
import { blobsOn } from "../../static/js/local/blobs.js";
import { open } from "../../static/js/local/records.js";
import { personDatabase } from "../../static/js/local/shelves.js";

const MIB = 1024 * 1024;
const DAY = 24 * 3600_000;
const ABOUT = { record: RECORD, school: SCHOOL, type: "image/jpeg", small: null };

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes that are a photo as far as a device knows. @param {number} size */
function aPhoto(size) {
  const bytes = new Uint8Array(randomBytes(size));
  return { data: bytes.buffer, sha256: hex(bytes) };
}

/** What a record says of it. @param {{sha256: string, data: ArrayBuffer}} photo */
function naming({ sha256: digest, data }) {
  return { sha256: digest, type: "image/jpeg", bytes: data.byteLength, caption: "", at_s: 1, tags: [] };
}

/** The photos of a device when its page is opened so much later. @param {{person: string}} device @param {number} ms */
function blobsLater(device, ms) {
  return blobsOn(personDatabase(device.person), () => {}, () => Date.now() + ms);
}

/** The centre's side of the blobs: pieces, offsets, and what it makes of the whole. */
class BlobCentre {
  /** @type {Map<string, Uint8Array>} */ here = new Map();
  /** @type {Set<string>} */ named = new Set();
  /** @type {string[]} */ asked = [];
  /** @type {Set<string>} */ schools = new Set();
  /** @type {string | null} */ refuses = null;
  hasRoom = true;
  cutAfter = Infinity;
  /** @type {Set<string>} */ cannotLookAt = new Set();

  /** @type {any} */
  fetch = async (/** @type {string} */ address, /** @type {any} */ init) => {
    const sha = address.split("/").at(-1)?.split("?")[0] ?? "";
    const got = this.here.get(sha) ?? new Uint8Array();
    this.schools.add(new URL(address, "http://x").searchParams.get("school") ?? "");
    this.asked.push(`${init.method} ${init.headers["Upload-Offset"] ?? ""}`.trim());
    if (this.asked.length > this.cutAfter) throw new TypeError("network");
    if (!this.named.has(sha)) return this.problem(404, "not-here");
    if (init.method === "HEAD") return this.standing(sha, got);
    if (this.cannotLookAt.has(sha)) return this.problem(503, "not-now");
    if (!this.hasRoom) return this.problem(507, "no-room");
    const offset = Number(init.headers["Upload-Offset"]);
    if (offset !== got.length) return this.problem(409, "offset", { expected: got.length });
    const whole = new Uint8Array([...got, ...new Uint8Array(init.body)]);
    if (whole.length === Number(init.headers["Upload-Length"]) && hex(whole) !== sha) {
      this.here.delete(sha);
      return this.problem(409, "offset", { expected: 0 });
    }
    this.here.set(sha, whole);
    if (whole.length === Number(init.headers["Upload-Length"]) && this.refuses) return this.problem(422, "blob-refused", { reason: this.refuses });
    return this.standing(sha, whole);
  };

  /** @param {string} sha @param {Uint8Array} got */
  standing(sha, got) {
    const standing = hex(got) === sha ? "kept" : "arriving";
    return new Response(null, { status: 200, headers: { "Upload-Offset": String(got.length), "Observe-Standing": standing } });
  }

  /** @param {number} status @param {string} type @param {object} [more] */
  problem(status, type, more = {}) {
    return new Response(JSON.stringify({ type: `urn:observe:${type}`, ...more }), { status });
  }
}

/** A device with a photo whose words have arrived. @param {number} [size] */
async function aDeviceWithPhoto(size = 200_000) {
  const device = await aDevice(new Centre());
  const photo = aPhoto(size);
  const line = new BlobCentre();
  await device.store.blobs.put({ ...photo, record: RECORD, school: SCHOOL, type: "image/jpeg", small: null });
  await device.write({ "attachment.a1": { sha256: photo.sha256, type: "image/jpeg", bytes: size, caption: "", at_s: 1, tags: [] } });
  await device.exchange();
  line.named.add(photo.sha256);
  const send = (piece = FIRST_PIECE) => sendBlobs(device.store, { fetch: line.fetch, nowMs: Date.now }, piece);
  const standing = async () => (await device.store.blobs.all()).map((row) => row.standing);
  return { device, photo, line, send, standing };
}

test("a digest counted by hand is the one the browser counts", async () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 1000, 100_003]) {
    const bytes = new Uint8Array(randomBytes(size));
    assert.equal(Buffer.from(byHand(bytes)).toString("hex"), hex(bytes), `${size} bytes`);
    assert.equal(await sha256(bytes.buffer), hex(bytes));
  }
});

test("a photo goes in pieces, and is called sent only when the centre has all of it", async () => {
  const { line, photo, send, standing } = await aDeviceWithPhoto();

  const sent = await send();

  assert.equal(sent.problem, null);
  assert.deepEqual(Buffer.from(line.here.get(photo.sha256) ?? []), Buffer.from(photo.data));
  assert.ok(line.asked.length > 2, line.asked.join());
  assert.deepEqual(await standing(), ["sent"]);
});

test("a cut line goes on where the centre says it stopped, in smaller pieces", async () => {
  const { line, photo, send, standing } = await aDeviceWithPhoto();
  line.cutAfter = 2;

  const cut = await send();
  assert.deepEqual([cut.problem, cut.hasMoved, await standing()], ["offline", true, ["waiting"]]);
  line.cutAfter = Infinity;
  line.asked = [];
  await send(cut.size);

  assert.ok(cut.size <= 2 * FIRST_PIECE);
  assert.deepEqual(line.asked.slice(0, 2), ["HEAD", `PATCH ${FIRST_PIECE}`]);
  assert.equal(hex(line.here.get(photo.sha256) ?? new Uint8Array()), photo.sha256);
});

test("what is written meanwhile goes first", async () => {
  const { device, send, standing } = await aDeviceWithPhoto();
  await device.write({ topic: "pecahan" });

  const sent = await send();

  assert.deepEqual([sent.hasWords, await standing()], [true, ["waiting"]]);
});

test("a photo whose words do not count yet waits, and the next one goes", async () => {
  const { device, line, send, standing } = await aDeviceWithPhoto();
  const other = aPhoto(1000);
  await device.store.blobs.put({ ...other, ...ABOUT });
  await device.write({ "attachment.a2": naming(other) });
  await device.exchange();
  line.named.clear();
  line.named.add(other.sha256);

  const sent = await send();

  assert.equal(sent.problem, null);
  assert.deepEqual((await standing()).sort(), ["sent", "waiting"]);
});

test("a photo that was removed is not waited for", async () => {
  const { device, line, send, standing } = await aDeviceWithPhoto();
  await device.write({ "attachment.a1": null });
  await device.exchange();
  line.named.clear();

  await send();

  assert.deepEqual(await standing(), ["removed"]);
});

test("a photo that waits for a change the centre holds is kept, and goes when that is released", async () => {
  const centre = new Centre();
  const device = await aDevice(centre);
  const photo = aPhoto(1000);
  const line = new BlobCentre();
  await device.write({ topic: "pecahan" });
  await device.exchange();
  centre.verdict = () => "signed-off";
  await device.store.blobs.put({ ...photo, ...ABOUT });
  await device.write({ "attachment.a1": naming(photo) });
  await device.exchange();

  await sendBlobs(device.store, { fetch: line.fetch, nowMs: Date.now }, FIRST_PIECE);
  await blobsLater(device, DAY).tidy();
  await blobsLater(device, 100 * DAY).tidy();
  assert.deepEqual((await device.store.blobs.waiting()).map(({ sha256: each }) => each), [photo.sha256]);
  line.named.add(photo.sha256);
  await sendBlobs(device.store, { fetch: line.fetch, nowMs: Date.now }, FIRST_PIECE);

  assert.deepEqual((await device.store.blobs.all()).map(({ standing }) => standing), ["sent"]);
});

test("a photo that is looked for between its bytes and its name is sent afterwards", async () => {
  const device = await aDevice(new Centre());
  const photo = aPhoto(1000);
  const line = new BlobCentre();
  const send = () => sendBlobs(device.store, { fetch: line.fetch, nowMs: Date.now }, FIRST_PIECE);
  await device.store.blobs.put({ ...photo, ...ABOUT });

  await send();
  await device.write({ "attachment.a1": naming(photo) });
  await device.exchange();
  line.named.add(photo.sha256);
  await send();

  assert.deepEqual((await device.store.blobs.all()).map(({ standing }) => standing), ["sent"]);
});

test("a photo whose record is not here for a while stays, and is sent when it is back", async () => {
  const { device, photo, line, send, standing } = await aDeviceWithPhoto(1000);
  const [row] = await device.store.look(["record"], (shelf) => shelf("record").getAll());
  const base = personDatabase(device.person);
  await base.write(["record"], (shelf) => shelf("record").delete(RECORD));

  await send();
  await blobsLater(device, 20 * DAY).tidy();
  assert.deepEqual(await standing(), ["removed"]);
  await base.write(["record"], (shelf) => shelf("record").put(row));
  await send();

  assert.deepEqual(await standing(), ["sent"]);
  assert.equal(hex(line.here.get(photo.sha256) ?? new Uint8Array()), photo.sha256);
  base.close();
});

test("the same picture chosen twice is sent for the one that was not taken away", async () => {
  const { device, photo, send, standing } = await aDeviceWithPhoto(1000);
  await device.store.blobs.put({ ...photo, ...ABOUT });
  await device.write({ "attachment.a2": naming(photo) });
  await device.write({ "attachment.a2": null });
  await device.exchange();

  await device.store.blobs.followRecords();
  assert.deepEqual(await standing(), ["waiting"]);
  await send();

  assert.deepEqual(await standing(), ["sent"]);
});

test("one picture in two lessons stays when one of them lets go of it", async () => {
  const { device, photo } = await aDeviceWithPhoto(1000);
  const other = "observation/r2";
  await device.store.blobs.put({ ...photo, ...ABOUT, record: other });
  await device.write({ "attachment.b1": naming(photo) }, other);
  await device.write({ "attachment.b1": null }, other);

  await blobsLater(device, DAY).tidy();
  await blobsLater(device, 100 * DAY).tidy();

  assert.equal((await device.store.blobs.bytes(photo.sha256))?.byteLength, 1000);
});

test("one picture in lessons of two schools arrives in both, and its bytes stay as long as one school needs them", async () => {
  const { device, photo, line, send, standing } = await aDeviceWithPhoto(1000);
  const other = "observation/r2";
  await device.store.blobs.put({ ...photo, ...ABOUT, record: other, school: "s2" });
  await device.store.keep({ school: "s2", record: other, set: { "attachment.b1": naming(photo) } });
  await device.exchange();
  await device.store.blobs.mark({ sha256: photo.sha256, school: SCHOOL }, "sent");

  await blobsLater(device, 100 * DAY).tidy();
  assert.equal((await device.store.blobs.bytes(photo.sha256))?.byteLength, 1000);
  await send();

  assert.deepEqual([...line.schools], ["s2"]);
  assert.deepEqual(await standing(), ["sent", "sent"]);
});

test("a photo the centre refuses is told as such and never sent again", async () => {
  const { device, line, send } = await aDeviceWithPhoto(1000);
  line.refuses = "reveals";

  await send();
  const asked = line.asked.length;
  await send();

  const [row] = await device.store.blobs.all();
  assert.deepEqual([row.standing, row.reason, line.asked.length], ["refused", "reveals", asked]);
});

test("bytes that went bad on this device are sent once, and told", async () => {
  const { device, photo, line, send } = await aDeviceWithPhoto(500_000);
  const base = personDatabase(device.person);
  await base.write(["blob_bytes"], (shelf) => shelf("blob_bytes").put(aPhoto(500_000).data, photo.sha256));
  base.close();

  const sent = await send();
  await send();

  const [row] = await device.store.blobs.all();
  assert.deepEqual([sent.problem, row.standing, row.reason], [null, "refused", "damaged"]);
  assert.equal(line.asked.filter((each) => each === "PATCH 0").length, 1);
});

test("bytes that are altered on their way are tried again another time, not at once", async () => {
  const { device, line, standing } = await aDeviceWithPhoto(500_000);
  const altering = (/** @type {any} */ address, /** @type {any} */ init) => line.fetch(address, { ...init, body: init.body && new Uint8Array(init.body.byteLength) });

  const sent = await sendBlobs(device.store, { fetch: altering, nowMs: Date.now }, FIRST_PIECE);

  assert.deepEqual([sent.problem, sent.hasMoved, await standing()], ["server", false, ["waiting"]]);
  assert.equal(line.asked.filter((each) => each === "PATCH 0").length, 1);
});

test("a photo that the centre cannot look at now does not keep back the next", async () => {
  const { device, line, send } = await aDeviceWithPhoto(1000);
  const other = aPhoto(1001);
  await device.store.blobs.put({ ...other, ...ABOUT });
  await device.write({ "attachment.a2": naming(other) });
  await device.exchange();
  line.named.add(other.sha256);
  line.cannotLookAt.add((await device.store.blobs.waiting())[0].sha256);

  const sent = await send();

  assert.equal(sent.problem, "server");
  assert.deepEqual((await device.store.blobs.all()).map(({ standing }) => standing).sort(), ["sent", "waiting"]);
});

test("a centre without room is a reason to wait, and nothing is lost", async () => {
  const { line, send, standing } = await aDeviceWithPhoto();
  line.hasRoom = false;

  assert.equal((await send()).problem, "no-room");
  line.hasRoom = true;
  await send();

  assert.deepEqual(await standing(), ["sent"]);
});

test("a hotel's page in the way is no answer", async () => {
  const { device, standing } = await aDeviceWithPhoto();
  const portal = async () => new Response("<html>", { status: 200, headers: { "Content-Type": "text/html" } });

  const sent = await sendBlobs(device.store, { fetch: portal, nowMs: Date.now }, FIRST_PIECE);

  assert.deepEqual([sent.problem, await standing()], ["portal", ["waiting"]]);
});

test("a centre that lost its history is offered the photos again", async () => {
  const { device, line, send, standing } = await aDeviceWithPhoto();
  await send();
  line.here.clear();

  await device.store.startOver();
  assert.deepEqual(await standing(), ["waiting"]);
  assert.equal((await send()).hasWords, true);
  await device.exchange();
  await send();

  assert.deepEqual(await standing(), ["sent"]);
});

test("what was let go of after a month is asked for before it is waited for, and told when the centre lost it too", async () => {
  const { device, photo, line, send, standing } = await aDeviceWithPhoto(1000);
  await send();
  await blobsLater(device, 40 * DAY).tidy();
  assert.equal(await device.store.blobs.bytes(photo.sha256), null);

  await device.store.startOver();
  await device.exchange();
  await send();
  assert.deepEqual(await standing(), ["sent"]);
  line.here.clear();
  await device.store.startOver();
  await device.exchange();
  await send();

  const [row] = await device.store.blobs.all();
  assert.deepEqual([row.standing, row.reason, (await device.store.standing()).photos], ["refused", "lost", 0]);
});

test("a nearly full device refuses the photo and keeps the words", async () => {
  const device = await aDevice(new Centre());
  const base = personDatabase(device.person);
  const blobs = blobsOn(base, () => {}, Date.now, async () => ({ quota: 100 * MIB, usage: 80 * MIB }));

  await assert.rejects(blobs.put({ ...aPhoto(1000), record: RECORD, school: SCHOOL, type: "image/jpeg", small: null }), { name: "NoRoomForPhoto" });
  await device.write({ topic: "tetap tersimpan" });

  assert.deepEqual(await blobs.all(), []);
  assert.equal(await device.value("topic"), "tetap tersimpan");
  base.close();
});

test("a full device first lets go of what the centre has already", async () => {
  const { device, photo, send } = await aDeviceWithPhoto(200_000);
  await send();
  const base = personDatabase(device.person);
  const blobs = blobsOn(base, () => {}, Date.now, async () => ({ quota: 100 * MIB, usage: 76 * MIB }));
  const next = aPhoto(1000);

  await blobs.put({ ...next, record: RECORD, school: SCHOOL, type: "image/jpeg", small: null });

  assert.equal(await blobs.bytes(photo.sha256), null);
  assert.equal((await blobs.bytes(next.sha256))?.byteLength, 1000);
  base.close();
});

test("what nobody names goes: at once when it was fetched, after a day when it was made here", async () => {
  const device = await aDevice(new Centre());
  const [made, fetched, named] = [aPhoto(10), aPhoto(11), aPhoto(12)];
  const about = { record: RECORD, school: SCHOOL, type: "image/jpeg" };
  await device.store.blobs.put({ ...made, ...about, small: null });
  await device.store.blobs.keepFetched({ ...fetched, ...about }, true);
  await device.store.blobs.keepFetched({ ...named, ...about }, true);
  await device.write({ "attachment.a1": { sha256: named.sha256 } });

  await device.store.blobs.tidy();
  const first = (await device.store.blobs.all()).map(({ sha256: each }) => each).sort();
  const later = blobsOn(personDatabase(device.person), () => {}, () => Date.now() + 40 * 24 * 3600_000);
  await later.tidy();

  assert.deepEqual(first, [made.sha256, named.sha256].sort());
  assert.deepEqual((await later.all()).map(({ sha256: each }) => each), [named.sha256]);
});

test("a recording that is interrupted is there as far as it had come, until it is over", async () => {
  const { store } = await aDevice(new Centre());
  const half = { data: aPhoto(20).data, type: "audio/webm", at_s: 61 };

  await store.blobs.keepHalf(RECORD, half);
  const found = await store.blobs.half(RECORD);
  await store.blobs.keepHalf(RECORD, null);

  assert.deepEqual([found?.at_s, found?.type, found?.data.byteLength], [61, "audio/webm", 20]);
  assert.equal(await store.blobs.half(RECORD), null);
  assert.deepEqual(await store.blobs.all(), []);
});

test("a recording under way leaves the room that words need", async () => {
  const device = await aDevice(new Centre());
  const base = personDatabase(device.person);
  const full = blobsOn(base, () => {}, Date.now, async () => ({ quota: 100 * MIB, usage: 99 * MIB }));

  await assert.rejects(full.keepHalf(RECORD, { data: aPhoto(500_000).data, type: "audio/webm", at_s: 1 }), { name: "NoRoomForPhoto" });

  assert.equal(await device.store.blobs.half(RECORD), null);
  base.close();
});

test("a recording that nobody came back for goes after a month", async () => {
  const device = await aDevice(new Centre());
  await device.store.blobs.keepHalf(RECORD, { data: aPhoto(20).data, type: "audio/webm", at_s: 1 });

  await blobsLater(device, 20 * DAY).tidy();
  assert.notEqual(await device.store.blobs.half(RECORD), null);
  await blobsLater(device, 40 * DAY).tidy();

  assert.equal(await device.store.blobs.half(RECORD), null);
});

test("a device of the version before gets the new shelves and keeps what waits", async () => {
  const person = fresh("person");
  const old = await openDB(`observe-${person}`, 2, {
    upgrade(made) {
      made.createObjectStore("meta");
      made.createObjectStore("record", { keyPath: "record" });
      const outbox = made.createObjectStore("outbox", { keyPath: ["replica", "n", "record"] });
      outbox.createIndex("record", "record");
      outbox.createIndex("since", "since");
      made.createObjectStore("kept", { keyPath: ["replica", "n"] }).createIndex("record", "record");
      made.createObjectStore("held", { keyPath: "id" }).createIndex("record", "record");
      made.createObjectStore("brief", { keyPath: "record" });
    },
  });
  const change = { id: "rep1.1", school: SCHOOL, record: RECORD, by: person, at: "2026-11-22T03:00:00.000Z", set: { topic: "pecahan" }, seen: {} };
  await old.put("outbox", { replica: "rep1", n: 1, record: RECORD, change, body: null, since: change.at, again: false });
  old.close();

  const store = open(person);

  assert.equal((await store.read(RECORD)).fields.topic, "pecahan");
  assert.deepEqual(await store.blobs.waiting(), []);
  await store.blobs.put({ ...aPhoto(5), record: RECORD, school: SCHOOL, type: "image/jpeg", small: null });
  assert.equal((await store.blobs.waiting()).length, 1);
  store.close();
  await deleteDB(`observe-${person}`);
});

test("a photo of the version before, known by its digest alone, still waits for its school", async () => {
  const earlier = fresh("person");
  const photo = aPhoto(5);
  const old = await openDB(`observe-${earlier}`, 4, {
    upgrade(made) {
      for (const name of ["meta", "turn", "blob_bytes"]) made.createObjectStore(name);
      for (const name of ["record", "brief"]) made.createObjectStore(name, { keyPath: "record" });
      for (const name of ["outbox", "kept"]) made.createObjectStore(name, { keyPath: ["replica", "n"] }).createIndex("record", "record");
      made.createObjectStore("held", { keyPath: "id" }).createIndex("record", "record");
      made.createObjectStore("blob", { keyPath: "sha256" });
    },
  });
  await old.put("blob", { sha256: photo.sha256, record: RECORD, school: SCHOOL, type: "image/jpeg", bytes: 5, standing: "waiting", reason: "", since: "2026-11-22T03:00:00.000Z" });
  await old.put("blob_bytes", photo.data, photo.sha256);
  old.close();

  const upgraded = open(earlier);

  const [row] = await upgraded.blobs.waiting();
  assert.deepEqual([row.sha256, row.school, row.records, row.unnamed], [photo.sha256, SCHOOL, [RECORD], ""]);
  assert.equal((await upgraded.blobs.bytes(photo.sha256))?.byteLength, 5);
  upgraded.close();
  await deleteDB(`observe-${earlier}`);
});
