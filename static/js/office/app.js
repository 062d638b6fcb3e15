// @ts-check
/** Office pages come alive: htmx sends the CSRF token, says when it could not; half-filled forms survive the language. */
import { startKeepingForms } from "./keep_form.js";
import { startLive } from "./live.js";
import { nip } from "./nip.js";
import { startPrinting } from "./printing.js";

startLive(document);
startPrinting(document);
startKeepingForms(document);
if (document.querySelector("[x-data]")) void startAlpine();

/** Only where a page has something for it: it is seventy kilobytes. */
async function startAlpine() {
  const { default: Alpine } = await import("../../vendor/alpine/alpine.js");
  Alpine.data("nip", nip);
  Alpine.start();
}
