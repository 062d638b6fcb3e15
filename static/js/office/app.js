// @ts-check
/** Office pages come alive: htmx sends the CSRF token, says when it could not, and keeps the reader's place. */
import { startLive } from "./live.js";
import { startPrinting } from "./printing.js";

startLive(document);
startPrinting(document);
