// @ts-check
/**
 * Whoever has signed in at the centre and whoever uses this device are to be one person.
 *
 * @typedef {import("../../exchange/session.js").Session} Session
 */
import { onThisSite } from "../../lib/address.js";
import { currentPerson } from "../../local/device.js";
import { isPhone } from "../device_words.js";
import { part, reveal, write } from "../rows.js";
import { language, say } from "../words.js";
import { askName, goOn, isGood } from "./pairing.js";
import { session } from "../../exchange/session.js";

/**
 * Where to go now that the device belongs to somebody else than before; null when nothing has changed.
 * @param {HTMLElement} root @param {(here: string, there: string) => Promise<"here" | "there">} ask
 * @returns {Promise<string | null>}
 */
export async function settle(root, ask) {
  const [current, signedIn] = await Promise.all([currentPerson(), session()]);
  if (!signedIn) return null;
  if (current?.person === signedIn.person && await isGood(current.person)) return isJustMade() ? null : wanted() || null;
  if (current && current.person !== signedIn.person && await ask(current.name, signedIn.name) === "here") return null;
  if (await goOn(signedIn).catch(() => false)) return afterwards();
  await askName(root, signedIn);
  return justMade();
}

/** Two people, one device: the person holding it says who goes on. @param {HTMLElement} root @param {string} here @param {string} there @returns {Promise<"here" | "there">} */
export function askWho(root, here, there) {
  const device = say(`device.${isPhone() ? "phone" : "tablet"}`);
  write(root, "differs-line", say("who.differs", { device: device[0].toUpperCase() + device.slice(1), here, there }));
  write(root, "goes-on-there", say("who.goes_on", { name: there }));
  write(root, "goes-on-here", say("who.goes_on", { name: here }));
  reveal(root, "differs", true);
  return new Promise((resolve) => {
    part(root, "differs").onclick = ({ target }) => {
      const answer = target instanceof Element ? target.closest("button")?.dataset.goOn : undefined;
      if (answer !== "here" && answer !== "there") return;
      reveal(root, "differs", false);
      resolve(answer);
    };
  });
}

/** Where she wanted to go before she was asked to sign in, else the first page. @returns {string} */
export function afterwards() {
  return wanted() || `/field/${language()}/today`;
}

/** @returns {string} */
function wanted() {
  return onThisSite(new URLSearchParams(location.search).get("next"), location.origin);
}

/** This page once more, to say when the device is ready; an office page needs no device. @returns {string} */
function justMade() {
  if (wanted().startsWith(`${location.origin}/office/`)) return wanted();
  const address = new URL(location.href);
  address.searchParams.set("made", "1");
  return address.href;
}

function isJustMade() {
  return new URLSearchParams(location.search).has("made");
}

/** Whether she comes from signing in. */
export function isWelcome() {
  return new URLSearchParams(location.search).has("welcome");
}
