// @ts-check
/**
 * One writer for each school, for what is written outside the sheet. It tells the state line, and is waited for when
 * the page is left.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {ReturnType<typeof writer>} Writer
 */
import { asCode } from "./device_errors.js";
import { beforeLeaving } from "./leaving.js";
import { writer } from "./sheet/writer.js";
import { alsoUnkept } from "./unkept.js";
import { tellKeeping, tellKept, tellNotKept } from "./state_line.js";

/** @type {Map<string, Writer>} */
const bySchool = new Map();

/** @param {Here} here */
export function writers({ store }) {
  return {
    /** @param {string} school @returns {Writer} */
    of(school) {
      const found = bySchool.get(school) ?? writer(store, school, { keeping: tellKeeping, kept: tellKept, failed });
      if (!bySchool.has(school)) {
        beforeLeaving(found.finish);
        alsoUnkept(found.unkept);
      }
      bySchool.set(school, found);
      return found;
    },
    failed,
  };
}

/** @param {unknown} error */
function failed(error) {
  tellNotKept(asCode(error));
}
