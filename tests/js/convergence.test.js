// @ts-check
import { test } from "node:test";
import { run } from "./histories.js";

for (let seed = 1; seed <= 30; seed++) {
  test(`whatever happens on the way, everybody ends with the same records and nothing is lost (history ${seed})`, () => run(seed));
}
