// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitAfter } from "../../static/js/lib/backoff.js";
import { gzip, utf8Length } from "../../static/js/lib/bytes.js";
import { retryAfterMs, utc } from "../../static/js/lib/time.js";
import { newUuid } from "../../static/js/lib/uuid.js";

test("a new id is a UUID of version 7, and sorts by the time it was made", () => {
  const times = [0, 1, 255, 256, Date.UTC(2026, 10, 22), Date.UTC(2026, 10, 22) + 1, 2 ** 47];
  const ids = times.map((atMs) => newUuid(atMs));

  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(Number.parseInt(ids[4].replaceAll("-", "").slice(0, 12), 16), times[4]);
  assert.equal(new Set(Array.from({ length: 1000 }, () => newUuid(5))).size, 1000);
});

test("a wait is anything up to the doubled step, and never more than five minutes", () => {
  assert.equal(waitAfter(1, () => 0), 0);
  assert.equal(waitAfter(3, () => 0.5), 4_000);
  assert.equal(waitAfter(5000, () => 1), 300_000);
});

test("Retry-After is read as seconds or as a date by the server's own clock", () => {
  const serverMs = Date.parse("Sun, 22 Nov 2026 03:00:00 GMT");

  assert.equal(retryAfterMs("120", 0), 120_000);
  assert.equal(retryAfterMs("Sun, 22 Nov 2026 03:01:00 GMT", serverMs), 60_000);
  assert.equal(retryAfterMs("Sun, 22 Nov 2026 02:00:00 GMT", serverMs), 0);
  assert.equal(retryAfterMs("soon", 0), null);
  assert.equal(retryAfterMs(null, 0), null);
});

test("bytes are counted as UTF-8 counts them", () => {
  for (const text of ["", "abc", "é", "ꦲ", "😀", "a😀é"]) assert.equal(utf8Length(text), Buffer.byteLength(text));
});

test("what is compressed comes out as it went in", async () => {
  const text = "pelajaran ".repeat(1000);
  const packed = await gzip(text);

  assert.ok(packed.size < 200);
  assert.equal(await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text(), text);
});

test("the device's clock is written in UTC with milliseconds", () => {
  assert.equal(utc(Date.UTC(2026, 10, 22, 3, 15, 9, 120)), "2026-11-22T03:15:09.120Z");
});
