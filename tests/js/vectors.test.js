// @ts-check
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { conflicts, fold, shown } from "../../static/js/sync/record.js";

const FOLDER = new URL("../vectors/fold/", import.meta.url);

/** @param {import("../../static/js/sync/record.js").Folded} record */
function headIds(record) {
  return Object.fromEntries(Array.from(record, ([name, field]) => [name, field.heads.map((head) => head.id)]).filter(([, ids]) => ids.length));
}

/** @template T @param {T[]} list @returns {T[][]} some other orders of it */
function orders(list) {
  return [list, [...list].reverse(), [...list.slice(1), ...list.slice(0, 1)], [...list, ...list.slice(0, 2)]];
}

for (const file of readdirSync(FOLDER).sort()) {
  const vector = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  test(`${vector.name} (${file})`, () => {
    for (const changes of orders(vector.changes)) {
      const record = fold(changes);

      assert.deepEqual(headIds(record), vector.heads);
      assert.deepEqual(shown(record), vector.shown);
      assert.deepEqual(conflicts(record), vector.conflicts);
    }
  });
}
