// @ts-check
/** A newer version of the pages: offered, never forced. */
import { acceptUpdate, onUpdateReady } from "../../exchange/shells.js";
import { finishing } from "../leaving.js";
import { part, reveal, write } from "../rows.js";
import { say } from "../words.js";

/** @param {HTMLElement} root */
export function watchVersion(root) {
  onUpdateReady(() => {
    write(root, "version-line", say("ready.new_version"));
    reveal(root, "take", true);
    reveal(root, "check", false);
  });
  part(root, "take").onclick = async () => {
    await finishing();
    await acceptUpdate();
  };
  part(root, "check").onclick = () => look(root);
}

/** @param {HTMLElement} root */
async function look(root) {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    const updated = /** @type {ServiceWorkerRegistration | undefined} */ (await registration?.update());
    const isNewer = Boolean(updated?.installing || updated?.waiting);
    write(root, "version-line", say(isNewer ? "ready.getting_version" : "ready.same_version"));
  } catch {
    write(root, "version-line", say("ready.cannot_ask"));
  }
}
