// @ts-check
/**
 * The device's side of every measure: a program that is told one line of JSON what to do, and answers with one.
 *
 * node device.js PEER RECORDS    PEER is a module beside this one, RECORDS a file with the records as a JSON list
 *
 * A peer exports one function for each work. It is given what to do, and a stopwatch to run the timed part in. What is
 * timed goes to `url`, where bytes may be counted; what only prepares it goes to `straight`.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , peer, file] = process.argv;
const works = await import(`./${peer}.js`);
const records = JSON.parse(readFileSync(file, "utf8"));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let seconds = 0;
  /** @param {() => Promise<void>} work */
  const timed = async (work) => {
    globalThis.gc?.();
    const began = performance.now();
    await work();
    seconds += (performance.now() - began) / 1000;
  };
  try {
    await works[asked.work]({ ...asked, records }, timed);
    answer({ seconds });
  } catch (wrong) {
    answer({ wrong: String(wrong instanceof Error ? wrong.stack : wrong) });
  }
}

/** @param {object} value */
function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
