// @ts-check
/**
 * Ratings to a score, and the rule that made it, in words.
 *
 * Not scored, not applicable and zero are three different things: the first two leave both the points and the maximum.
 * `observe/domain/scoring.py` is this module again; `tests/vectors/scoring.json` holds both to the same answers.
 *
 * @typedef {{id: string, en: string}} Text
 * @typedef {{value: number, label: Text}} Level
 * @typedef {{code: string, text: Text, scale: string, may_be_na?: boolean, descriptors?: Record<string, Text>}} Indicator
 * @typedef {{code: string, title: Text, indicators: Indicator[]}} Area
 * @typedef {{from: number, label: Text}} Band
 * @typedef {{version: number, code: string, area: string, title: Text, about: Text, source: string,
 *   scales: Record<string, {levels: Level[]}>, areas: Area[], aggregation: string, bands: Band[],
 *   shown_decimals?: number}} Rubric
 * @typedef {{points: number, maximum: number, percent: number | null, scored: number, not_scored: string[],
 *   not_applicable: string[]}} AreaScore
 * @typedef {AreaScore & {band: Band | null, refused: string[], by_area: Record<string, AreaScore>}} Score
 */

const NOT_APPLICABLE = "na";

/**
 * The score of these ratings: indicator code to a value of its scale, or "na". Absent or null is not scored.
 * `refused` are codes whose rating this rubric does not know or allow: left out, to be shown to somebody.
 * @param {Rubric} rubric
 * @param {Record<string, unknown>} ratings
 * @returns {Score}
 */
export function score(rubric, ratings) {
  const parts = rubric.areas.map((area) => areaScore(rubric, area, ratings));
  const points = parts.reduce((sum, part) => sum + part.points, 0);
  const maximum = parts.reduce((sum, part) => sum + part.maximum, 0);
  const percent = percentOf(points, maximum);
  const not_scored = parts.flatMap((part) => part.not_scored);
  const counted = new Set(rubric.areas.flatMap((area) => area.indicators.map((indicator) => indicator.code)));
  for (const code of not_scored) counted.delete(code);
  return {
    points,
    maximum,
    percent,
    band: percent === null ? null : bandOf(rubric, percent),
    scored: parts.reduce((sum, part) => sum + part.scored, 0),
    not_scored,
    not_applicable: parts.flatMap((part) => part.not_applicable),
    refused: Object.keys(ratings).filter((code) => (ratings[code] ?? null) !== null && !counted.has(code)).sort(),
    by_area: Object.fromEntries(rubric.areas.map((area, at) => [area.code, parts[at]])),
  };
}

/**
 * Whether `rating.<code>` may hold this: a level of its scale, or "na" where that is offered.
 * @param {Rubric} rubric
 * @param {string} code
 * @param {unknown} rating
 */
export function allows(rubric, code, rating) {
  const indicator = indicatorOf(rubric, code);
  return indicator !== undefined && (isNa(indicator, rating) || levelOf(rubric, indicator, rating) !== undefined);
}

/**
 * The rule of this rubric in words, the same before and after a lesson is scored.
 * @param {Rubric} rubric
 * @param {string} language
 */
export function ruleText(rubric, language) {
  const { formula, left_out, rounding } = words(language);
  return { formula, left_out, bands: bandLines(rubric, language), rounding };
}

/**
 * The sum itself, with its numbers: "69 dari 76 × 100 = 90,8".
 * @param {Rubric} rubric
 * @param {Score} made
 * @param {string} language
 */
export function calculation(rubric, made, language) {
  if (made.percent === null) return words(language).nothing_scored;
  return fill(words(language).sum, {
    points: number(made.points, language),
    maximum: number(made.maximum, language),
    percent: shownPercent(rubric, made.percent, language),
  });
}

/**
 * The percent as it is written. A further decimal is shown where rounding would show another band's number.
 * @param {Rubric} rubric
 * @param {number} percent
 * @param {string} language
 */
export function shownPercent(rubric, percent, language) {
  const band = bandOf(rubric, percent);
  let places = rubric.shown_decimals ?? 1;
  while (bandOf(rubric, Number(percent.toFixed(places))) !== band) places += 1;
  return localised(percent.toFixed(places), language);
}

/**
 * Points as they are written: no decimals unless there are any.
 * @param {number} value
 * @param {string} language
 */
export function number(value, language) {
  return localised(String(value), language);
}

/**
 * The band of a percent that nobody has rounded.
 * @param {Rubric} rubric
 * @param {number} percent
 * @returns {Band}
 */
export function bandOf(rubric, percent) {
  return /** @type {Band} */ (rubric.bands.find((band) => percent >= band.from));
}

/**
 * @param {Rubric} rubric
 * @param {Area} area
 * @param {Record<string, unknown>} ratings
 * @returns {AreaScore}
 */
function areaScore(rubric, area, ratings) {
  /** @type {AreaScore} */
  const made = { points: 0, maximum: 0, percent: null, scored: 0, not_scored: [], not_applicable: [] };
  for (const indicator of area.indicators) {
    const rating = Object.hasOwn(ratings, indicator.code) ? ratings[indicator.code] : undefined;
    const level = levelOf(rubric, indicator, rating);
    if (level !== undefined) {
      made.points += level.value;
      made.maximum += highestOf(rubric, indicator);
      made.scored += 1;
    } else if (isNa(indicator, rating)) {
      made.not_applicable.push(indicator.code);
    } else {
      made.not_scored.push(indicator.code);
    }
  }
  made.percent = percentOf(made.points, made.maximum);
  return made;
}

/** @param {Rubric} rubric @param {string} code */
function indicatorOf(rubric, code) {
  return rubric.areas.flatMap((area) => area.indicators).find((indicator) => indicator.code === code);
}

/** @param {Rubric} rubric @param {Indicator} indicator @param {unknown} rating */
function levelOf(rubric, indicator, rating) {
  return rubric.scales[indicator.scale].levels.find((level) => level.value === rating);
}

/** @param {Rubric} rubric @param {Indicator} indicator */
function highestOf(rubric, indicator) {
  const { levels } = rubric.scales[indicator.scale];
  return levels[levels.length - 1].value;
}

/** @param {Indicator} indicator @param {unknown} rating */
function isNa(indicator, rating) {
  return indicator.may_be_na === true && rating === NOT_APPLICABLE;
}

/** @param {number} points @param {number} maximum */
function percentOf(points, maximum) {
  return maximum === 0 ? null : (points * 100) / maximum;
}

/** @param {Rubric} rubric @param {string} language */
function bandLines(rubric, language) {
  const said = words(language);
  return rubric.bands.map((band, at) => {
    const above = rubric.bands[at - 1];
    const last = band.from === 0;
    const line = above === undefined ? (last ? said.only : said.top) : last ? said.lowest : said.middle;
    const ceiling = above === undefined ? "" : number(above.from, language);
    return fill(line, { label: band.label[known(language)], floor: number(band.from, language), ceiling });
  });
}

/** @param {string} line @param {Record<string, string>} values */
function fill(line, values) {
  return line.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** @param {string} digits @param {string} language */
function localised(digits, language) {
  return known(language) === "en" ? digits : digits.replace(".", ",");
}

/** @param {string} language @returns {"id" | "en"} */
function known(language) {
  return language === "en" ? "en" : "id";
}

/** @param {string} language */
function words(language) {
  return WORDS[known(language)];
}

const WORDS = {
  id: {
    sum: "{points} dari {maximum} × 100 = {percent}",
    nothing_scored: "Belum ada butir yang dinilai, jadi belum ada nilai.",
    formula: "Nilai = jumlah skor ÷ skor tertinggi yang mungkin × 100.",
    left_out: "Butir yang belum dinilai dan butir yang tidak berlaku tidak ikut dihitung.",
    only: "{label}: semua nilai",
    top: "{label}: {floor} ke atas",
    middle: "{label}: {floor} sampai di bawah {ceiling}",
    lowest: "{label}: di bawah {ceiling}",
    rounding: "Predikat ditentukan dari nilai sebelum dibulatkan.",
  },
  en: {
    sum: "{points} of {maximum} × 100 = {percent}",
    nothing_scored: "No item has been scored yet, so there is no score.",
    formula: "Score = points ÷ highest possible points × 100.",
    left_out: "Items not yet scored and items that do not apply are left out of both.",
    only: "{label}: every score",
    top: "{label}: {floor} and above",
    middle: "{label}: {floor} to below {ceiling}",
    lowest: "{label}: below {ceiling}",
    rounding: "The band is taken from the score before rounding.",
  },
};
