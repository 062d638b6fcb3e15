// @ts-check
/**
 * What an observation found, in the order a teacher can hear it: the best first, then the two or three lowest.
 *
 * @typedef {import("../../sync/scoring.js").Rubric} Rubric
 * @typedef {import("../../sync/scoring.js").Indicator} Indicator
 * @typedef {import("../../sync/scoring.js").Level} Level
 * @typedef {{id: string, text: string, at_s: number, tags: string[]}} Note
 * @typedef {{indicator: Indicator, rating: number | "na" | null, level: Level | null, next: Level | null, place: number,
 *   comment: string, notes: Note[]}} Finding `place`: 0 the lowest level, 1 the highest
 */

const MOST_TO_WORK_ON = 3;

/** Every item of the form, with what was found. @param {Rubric} rubric @param {Record<string, any>} fields @returns {Finding[]} */
export function findings(rubric, fields) {
  const notes = notesOf(fields);
  return rubric.areas.flatMap((area) => area.indicators).map((indicator) => {
    const { levels } = rubric.scales[indicator.scale];
    const rating = fields[`rating.${indicator.code}`] ?? null;
    const at = levels.findIndex((level) => level.value === rating);
    return {
      indicator,
      rating: at >= 0 || rating === "na" ? rating : null,
      level: levels[at] ?? null,
      next: at >= 0 ? levels[at + 1] ?? null : null,
      place: at >= 0 ? at / (levels.length - 1) : -1,
      comment: fields[`comment.${indicator.code}`] ?? "",
      notes: notes.filter(({ tags }) => tags.includes(indicator.code)),
    };
  });
}

/** Those at the highest level, with evidence first. @param {Finding[]} found */
export function best(found) {
  return found.filter(({ place }) => place === 1).sort((one, other) => other.notes.length - one.notes.length);
}

/** Two or three below the highest level, the lowest first; among equals, those with something to show for it. @param {Finding[]} found */
export function lowest(found) {
  return found.filter(({ place }) => place >= 0 && place < 1)
    .sort((one, other) => one.place - other.place || other.notes.length - one.notes.length)
    .slice(0, MOST_TO_WORK_ON);
}

/** The notes of a lesson, in the order of its minutes. @param {Record<string, any>} fields @returns {Note[]} */
export function notesOf(fields) {
  return Object.entries(fields)
    .filter(([name, note]) => name.startsWith("note.") && note)
    .map(([name, note]) => ({ id: name.slice("note.".length), ...note }))
    .sort((one, other) => one.at_s - other.at_s || (one.id < other.id ? -1 : 1));
}

/** Code to rating, as scoring takes it. @param {Record<string, any>} fields @returns {Record<string, unknown>} */
export function ratingsOf(fields) {
  const named = Object.entries(fields).filter(([name]) => name.startsWith("rating."));
  return Object.fromEntries(named.map(([name, value]) => [name.slice("rating.".length), value]));
}

/** What this level looks like for this item, where the form says so. @param {Indicator} indicator @param {Level | null} level @param {"id" | "en"} language @returns {string} */
export function descriptor(indicator, level, language) {
  return (level && indicator.descriptors?.[String(level.value)]?.[language]) || "";
}
