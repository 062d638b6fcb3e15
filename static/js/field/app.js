// @ts-check
/** Field pages: every component a template may name in `x-data`. A page fetches its own; the rest wait for theirs. */
import "../lib/unused_globals.js"; // before Alpine
import Alpine from "../../vendor/alpine/alpine.js";
import { watchHandingOn } from "./handed_on.js";
import { languageSwitch } from "./language.js";
import { watchLinks } from "./leaving.js";
import { stateLine } from "./state_line.js";

/** @type {Record<string, () => Promise<Record<string, any>>>} */
const PAGES = {
  device: () => import("./device.js"),
  feedback: () => import("./feedback.js"),
  observe: () => import("./observe.js"),
  read: () => import("./read.js"),
  records: () => import("./records.js"),
  sheet: () => import("./sheet/sheet.js"),
  today: () => import("./today.js"),
};

Alpine.data("languageSwitch", languageSwitch);
Alpine.data("stateLine", stateLine);

watchHandingOn();
watchLinks();

const named = Object.keys(PAGES).filter((name) => document.querySelector(`[x-data="${name}"]`));
await Promise.all(named.map(async (name) => Alpine.data(name, (await PAGES[name]())[name])));
Alpine.start();
