// @ts-check
/**
 * The instruments on this device, and the frozen version each record was made with.
 *
 * @typedef {import("./here.js").Store} Store
 * @typedef {import("../local/view.js").RecordView} RecordView
 * @typedef {import("../sync/scoring.js").Rubric} Rubric
 * @typedef {import("../local/brief.js").Outline} Outline
 * @typedef {{key: string, code: string, school: string, title: string, about: string, area: string, count: number}} Form
 */
import { language } from "./words.js";

const AREAS = ["instruction", "planning", "evaluation"];

/** The newest version of every instrument in use, by area. @param {RecordView[]} rubrics @returns {Form[]} */
export function activeForms(rubrics) {
  return rubrics
    .filter((view) => view.fields.active === true)
    .flatMap((view) => {
      const newest = newestVersion(view);
      if (!newest) return [];
      const { code, title, about, area, count } = newest;
      return [{
        key: `${view.record.slice("rubric/".length)}@${newest.version}`,
        code,
        school: view.school,
        title: title[language()],
        about: about[language()],
        area,
        count,
      }];
    })
    .sort((one, other) => AREAS.indexOf(one.area) - AREAS.indexOf(other.area) || one.count - other.count);
}

/** What an observation was made with: `<uuid>@<version>`. @param {Pick<Store, "read">} store @param {string | undefined} key @returns {Promise<Rubric | null>} */
export async function versionOf(store, key) {
  const [id, version] = (key ?? "").split("@");
  return (await store.read(`rubric/${id}`)).fields[`version.${version}`] ?? null;
}

/** Its title in the page's language, or nothing. @param {Map<string, RecordView>} rubrics @param {string | undefined} key */
export function titleOf(rubrics, key) {
  const [id, version] = (key ?? "").split("@");
  return rubrics.get(`rubric/${id}`)?.fields[`version.${version}`]?.title[language()] ?? "";
}

/** @param {RecordView[]} views @returns {Map<string, RecordView>} */
export function byRecord(views) {
  return new Map(views.map((view) => [view.record, view]));
}

/** @param {RecordView} view @returns {Outline | null} */
function newestVersion(view) {
  const versions = Object.keys(view.fields).filter((name) => name.startsWith("version."));
  const newest = versions.sort((one, other) => Number(one.slice(8)) - Number(other.slice(8))).at(-1);
  return newest ? view.fields[newest] : null;
}
