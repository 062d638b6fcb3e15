// @ts-check
/** Field pages: every component a template may name in `x-data`. */
import Alpine from "../../vendor/alpine/alpine.js";
import { languageSwitch } from "./language.js";
import { watchLinks } from "./leaving.js";
import { sheet } from "./sheet/sheet.js";
import { stateLine } from "./state_line.js";

Alpine.data("languageSwitch", languageSwitch);
Alpine.data("sheet", sheet);
Alpine.data("stateLine", stateLine);

watchLinks();
Alpine.start();
