// @ts-check
/**
 * This device: making it ready for a person, what waits, who shares it, handing it on.
 *
 * @typedef {import("./here.js").Here} Here
 */
import { onState, stop } from "../exchange/exchange.js";
import { leave, people } from "../local/device.js";
import { askWho, settle } from "./device/going_on.js";
import { watchReadiness } from "./device/ready.js";
import { endSession } from "../exchange/session.js";
import { watchVersion } from "./device/version.js";
import { drawWaits, saveToFile, send } from "./device/waits.js";
import { tellHandedOn } from "./handed_on.js";
import { finishing } from "./leaving.js";
import { officeOf, openPage } from "./page.js";
import { part, reveal, row, show, write } from "./rows.js";
import { language, say } from "./words.js";

const TOGETHER_MS = 200;

/** @param {HTMLElement} root */
export async function device(root) {
  const next = await settle(root, (here, there) => askWho(root, here, there));
  if (next) return location.replace(next); // the page opens again, for the person it belongs to now
  let isWired = false;
  await openPage(root, async (here) => {
    await Promise.all([drawWaits(root, here), drawPeople(root, here)]);
    if (!isWired) wire(root, here);
    isWired = true;
  });
}

/** @param {HTMLElement} root @param {Here} here */
function wire(root, here) {
  watchReadiness(root, here);
  watchVersion(root);
  let timer = 0;
  onState(() => {
    clearTimeout(timer);
    timer = setTimeout(() => drawWaits(root, here), TOGETHER_MS);
  });
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if ("send" in button.dataset) send(root, here);
    else if ("save" in button.dataset) saveToFile(root, here);
    else if ("leave" in button.dataset) askToLeave(root, here);
  });
  dialogOf(root).addEventListener("close", () => { if (dialogOf(root).returnValue === "leave") signOut(); });
}

/** @param {HTMLElement} root @param {Here} here */
async function drawPeople(root, { person, store, schools }) {
  const [everybody, deviceName] = await Promise.all([people(), store.meta("deviceName")]);
  offerOffice(part(root, "office"), officeOf(schools));
  write(root, "whose", [person.name, deviceName].filter(Boolean).join(" · "));
  const inOrder = everybody.sort((one, other) => Number(other.person === person.person) - Number(one.person === person.person));
  show(part(root, "people-list"), inOrder.map((each) => row("person-row", {
    name: say(each.person === person.person ? "who.you" : "who.other", { name: each.name }),
  })));
}

/** @param {HTMLElement} link @param {string} address */
function offerOffice(link, address) {
  link.hidden = address === "";
  link.setAttribute("href", address);
}

/** What waits is said before anybody leaves it behind. @param {HTMLElement} root @param {Here} here */
async function askToLeave(root, { store }) {
  await finishing();
  const { records } = await store.waiting();
  const photos = (await store.blobs.waiting()).length;
  const words = records ? say("leave.waits", { count: records }) : photos ? "" : say("leave.nothing_waits");
  write(root, "leave-line", [words, photos ? say("leave.photos", { count: photos }) : ""].filter(Boolean).join(" "));
  reveal(root, "leave-others", records + photos > 0);
  const dialog = dialogOf(root);
  dialog.returnValue = "";
  dialog.showModal();
}

async function signOut() {
  stop();
  await leave();
  tellHandedOn();
  await endSession();
  location.assign(navigator.onLine ? "/sign-in" : `/field/${language()}/today`);
}

/** @param {HTMLElement} root */
function dialogOf(root) {
  return /** @type {HTMLDialogElement} */ (root.querySelector("dialog"));
}
