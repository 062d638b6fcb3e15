// @ts-check
/** Field pages: every component a template may name in `x-data`. */
import Alpine from "../../vendor/alpine/alpine.js";
import { device } from "./device.js";
import { feedback } from "./feedback.js";
import { watchHandingOn } from "./handed_on.js";
import { languageSwitch } from "./language.js";
import { watchLinks } from "./leaving.js";
import { observe } from "./observe.js";
import { read } from "./read.js";
import { records } from "./records.js";
import { sheet } from "./sheet/sheet.js";
import { stateLine } from "./state_line.js";
import { today } from "./today.js";

Alpine.data("device", device);
Alpine.data("feedback", feedback);
Alpine.data("languageSwitch", languageSwitch);
Alpine.data("observe", observe);
Alpine.data("read", read);
Alpine.data("records", records);
Alpine.data("sheet", sheet);
Alpine.data("stateLine", stateLine);
Alpine.data("today", today);

watchHandingOn();
watchLinks();
Alpine.start();
