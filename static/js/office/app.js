// @ts-check
/** Office pages come alive: htmx sends the CSRF token, says when it could not; half-filled forms survive the language. */
import { startKeepingForms } from "./keep_form.js";
import { startLive } from "./live.js";
import { startPrinting } from "./printing.js";

startLive(document);
startPrinting(document);
startKeepingForms(document);
