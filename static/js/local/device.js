// @ts-check
/**
 * Who uses this tablet. Each person's records lie in a database of their own (`records.js`).
 *
 * @typedef {{person: string, name: string, language: string}} Person
 */
import { deviceDatabase } from "./shelves.js";

/** @type {import("./database.js").Database | null} */
let opened = null;

function device() {
  return (opened ??= deviceDatabase());
}

/** Everybody who has signed in on this tablet. @returns {Promise<Person[]>} */
export async function people() {
  return device().read(["people"], (shelf) => shelf("people").getAll());
}

/** Who uses it now. @returns {Promise<Person | null>} */
export async function currentPerson() {
  return device().read(["people", "meta"], async (shelf) => {
    const person = await shelf("meta").get("current");
    return (person && (await shelf("people").get(person))) ?? null;
  });
}

/** @param {Person} person */
export async function setCurrent({ person, name, language }) {
  await device().write(["people", "meta"], async (shelf) => {
    await shelf("people").put({ person, name, language });
    await shelf("meta").put(person, "current");
  });
}

/** Sign out on this tablet: nobody is current. What that person wrote stays, for them, with all that waits. */
export async function leave() {
  await device().write(["meta"], (shelf) => shelf("meta").delete("current"));
}
