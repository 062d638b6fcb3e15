// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centre } from "./centre.js";
import { aDevice } from "./builders.js";
import { sheetKeys } from "../../static/js/exchange/sheets.js";

test("the newest version of each active rubric is kept, and the version a draft was begun with", async () => {
  const device = await aDevice(new Centre());
  await device.write({ code: "a", "version.1": {}, "version.2": {}, "version.10": {} }, "rubric/a");
  await device.write({ code: "b", "version.1": {}, active: false }, "rubric/b");
  await device.write({ code: "c", active: true }, "rubric/c");
  await device.write({ rubric: "a@2", status: "draft" }, "observation/1");
  await device.write({ rubric: "b@1", status: "signed" }, "observation/2");

  assert.deepEqual(await sheetKeys(device.store), ["a@10", "a@2"]);
});
