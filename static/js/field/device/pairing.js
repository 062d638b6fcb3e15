// @ts-check
/**
 * Making this device somebody's: by itself for a person it knows, and after asking for its name for a new one.
 *
 * @typedef {import("../../exchange/session.js").Session} Session
 */
import { PairingFailed, pair } from "../../exchange/pair.js";
import { open } from "../../local/records.js";
import { isPhone } from "../device_words.js";
import { tellHandedOn } from "../handed_on.js";
import { officeOf } from "../page.js";
import { part, reveal, write } from "../rows.js";
import { language, say } from "../words.js";

/** Go on as a person this device is paired for; false when it is not, or not any more. @param {Session} session @returns {Promise<boolean>} */
export async function goOn(session) {
  const { pairing, standing, name } = await known(session.person);
  return pairing && (standing === null || name) ? finish(session, name) : false;
}

/** Whether this device may go on exchanging for her as it is. @param {string} person @returns {Promise<boolean>} */
export async function isGood(person) {
  const { pairing, standing } = await known(person);
  return pairing !== null && standing === null;
}

/** Ask for the device's name, then pair. Resolves when it is paired. @param {HTMLElement} root @param {Session} session @returns {Promise<void>} */
export function askName(root, session) {
  const form = /** @type {HTMLFormElement} */ (part(root, "pairing-form"));
  const input = /** @type {HTMLInputElement} */ (root.querySelector("#device-name"));
  input.value ||= say(`pair.name.${isPhone() ? "phone" : "tablet"}`, { name: session.name.split(",")[0] });
  write(root, "pairing-hello", say("pair.hello", { name: session.name }));
  const office = officeOf(session.schools ?? []);
  part(root, "pairing-office").setAttribute("href", office);
  reveal(root, "pairing-office", office !== "");
  document.querySelector(".nav")?.setAttribute("hidden", ""); // there is nothing on this device to go to yet
  reveal(root, "pairing", true);
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (!name) return write(root, "pairing-problem", say("pair.no_name"));
      const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
      button.disabled = true;
      try {
        await finish(session, name);
        reveal(root, "pairing", false);
        resolve();
      } catch (error) {
        write(root, "pairing-problem", problem(error));
      }
      button.disabled = false;
    };
  });
}

/** @param {string} person */
async function known(person) {
  const store = open(person);
  try {
    const { pairing, standing } = await store.standing();
    return { pairing, standing, name: /** @type {string | undefined} */ (await store.meta("deviceName")) };
  } finally {
    store.close();
  }
}

/** @param {Session} session @param {string | undefined} name */
async function finish(session, name) {
  await pair({ name: name ?? "", csrf: session.token, language: language(), person: session.person });
  if (name) {
    const store = open(session.person);
    await store.setMeta({ deviceName: name }).finally(store.close);
  }
  tellHandedOn();
  return true;
}

/** @param {unknown} error @returns {string} */
function problem(error) {
  console.error(error);
  if (!(error instanceof PairingFailed)) return say("pair.failed.other");
  const kinds = /** @type {Record<number, string>} */ ({ 0: "offline", 401: "signed-out", 403: "signed-out", 429: "too-many" });
  return say(`pair.failed.${kinds[error.status] ?? "other"}`);
}
