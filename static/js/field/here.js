// @ts-check
/**
 * Who uses this tablet now, and their records: opened once for a page.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("../local/shelves.js").School} School
 * @typedef {import("../local/device.js").Person} Person
 * @typedef {{person: Person, store: Store, schools: School[], isFilled: boolean}} Here `isFilled`: everything she may see was fetched once
 */
import { currentPerson } from "../local/device.js";
import { open } from "../local/records.js";
import { keepLeftovers, watchClosing } from "./unkept.js";

/** @type {Promise<Here | null> | null} */
let opening = null;

/** Null when nobody has signed in on this tablet. @returns {Promise<Here | null>} */
export function here() {
  return (opening ??= find());
}

async function find() {
  const person = await currentPerson();
  if (!person) return null;
  const store = open(person.person);
  const { pairing, firstPullComplete } = await store.facts(["pairing", "firstPullComplete"]);
  if (pairing) await keepLeftovers(person.person, store.keep);
  watchClosing(person.person);
  return { person, store, schools: pairing?.schools ?? [], isFilled: firstPullComplete === true };
}
