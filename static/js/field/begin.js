// @ts-check
/**
 * Begin an observation on this device and open its sheet.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {{school: string, rubric: string, teacher?: string, visit?: string, class_name?: string, subject?: string, topic?: string}} Lesson
 */
import { language } from "./words.js";
import { newUuid } from "../lib/uuid.js";
import { utc } from "../lib/time.js";

const LAST_FORM = "lastForm";

/** @param {Here} here @param {Lesson} lesson */
export async function begin({ person, store }, { school, rubric, ...known }) {
  const id = newUuid();
  const facts = Object.fromEntries(Object.entries(known).filter(([, value]) => value));
  const set = { observer: person.person, rubric, status: "draft", started_at: utc(), ...facts };
  await store.keep({ school, record: `observation/${id}`, set });
  await store.setMeta({ [LAST_FORM]: rubric });
  location.assign(sheetAddress(rubric, id, school));
}

/** The form this person used last. @param {Here} here @returns {Promise<string | undefined>} */
export function lastForm({ store }) {
  return store.meta(LAST_FORM);
}

/** @param {string} rubric @param {string} id @param {string} school @returns {string} */
export function sheetAddress(rubric, id, school) {
  const query = new URLSearchParams({ observation: id, school });
  return `/field/${language()}/sheet/${rubric}?${query}`;
}

/** @param {string} id @returns {string} */
export function readAddress(id) {
  return `/field/${language()}/read?${new URLSearchParams({ observation: id })}`;
}
