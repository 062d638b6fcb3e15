// @ts-check
/** A shared device passes from hand to hand: no page of the one before stays open, in no window and in no history. */
import { currentPerson } from "../local/device.js";
import { here } from "./here.js";

const KEY = "observe-handed-on";

/** Tell the other windows that somebody else uses this device now, or nobody. */
export function tellHandedOn() {
  try {
    localStorage.setItem(KEY, String(Date.now()));
  } catch {
    // storage switched off: other windows notice when they are looked at
  }
}

export function watchHandingOn() {
  addEventListener("storage", ({ key }) => { if (key === KEY) reloadIfHandedOn(); });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) reloadIfHandedOn(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") reloadIfHandedOn(); });
}

async function reloadIfHandedOn() {
  const [now, found] = await Promise.all([currentPerson(), here()]);
  if (now?.person !== found?.person.person) location.reload();
}
