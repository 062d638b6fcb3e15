// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { onThisSite } from "../../static/js/lib/address.js";

const HERE = "https://amati.example";

for (const wanted of ["//evil.example", "/\t/evil.example", "/\n/evil.example", "/\\evil.example", "/.//evil.example",
  "https://evil.example", "javascript:alert(1)", "evil", "", null, "/\r\n//evil.example", "/a/..//evil.example"]) {
  test(`${JSON.stringify(wanted)} leads nowhere`, () => {
    assert.equal(onThisSite(wanted, HERE), "");
  });
}

test("a page of this site is kept whole", () => {
  assert.equal(onThisSite("/field/id/read?observation=1#answer", HERE), `${HERE}/field/id/read?observation=1#answer`);
});
