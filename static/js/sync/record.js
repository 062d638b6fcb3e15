// @ts-check
/**
 * Changes of one record, folded: the same set gives the same record, in any order, with any repeats.
 * `sync/record.py` is this module again; `tests/vectors/fold/` holds both to the same answers.
 *
 * @typedef {import("./change.js").Change} Change
 * @typedef {{id: string, by: string, at: string, value: any}} Head one value of one field that nothing has replaced
 * @typedef {{heads: Head[], replaced: Set<string>}} Field its heads, and the ids said to be replaced but not yet here
 * @typedef {Map<string, Field>} Folded
 */

/** The record these changes make. @param {Iterable<Change>} changes @returns {Folded} */
export function fold(changes) {
  /** @type {Folded} */
  const record = new Map();
  for (const change of new Map(Array.from(changes, (each) => [each.id, each])).values()) apply(record, change);
  return record;
}

/**
 * Fold one more change into `record`; it must not have been folded before. `seen` counts only for the fields the
 * change sets: nothing is ever taken away without something in its place.
 * @param {Folded} record @param {Change} change
 */
export function apply(record, change) {
  for (const [name, value] of Object.entries(change.set)) {
    const target = record.get(name) ?? { heads: [], replaced: new Set() };
    record.set(name, target);
    const seen = seenOf(change, name);
    if (seen.length > 0) replace(target, seen, change.id);
    if (target.replaced.delete(change.id)) continue;
    target.heads.push({ id: change.id, by: change.by, at: change.at, value });
    if (target.heads.length > 1) target.heads.sort((one, other) => order(one.id, other.id));
  }
}

/** The ids a change names for one of its fields; a field may be called `constructor`. @param {Change} change @param {string} name */
export function seenOf({ seen = {} }, name) {
  return Object.hasOwn(seen, name) ? seen[name] : [];
}

/** @param {Field} target @param {string[]} seen @param {string} by */
function replace(target, seen, by) {
  const named = new Set(seen);
  named.delete(by);
  const present = new Set(target.heads.map((head) => head.id));
  target.heads = target.heads.filter((head) => !named.has(head.id));
  for (const id of named) if (!present.has(id)) target.replaced.add(id);
}

/** The head on display: the latest by `(at, id)`. @param {Head[]} heads @returns {Head | undefined} */
export function shownHead(heads) {
  return heads.reduce(
    (latest, head) => (latest && (order(latest.at, head.at) || order(latest.id, head.id)) > 0 ? latest : head),
    /** @type {Head | undefined} */ (undefined),
  );
}

/** What a person sees: the value on display of every field that has one. @param {Folded} record
 * @returns {Record<string, any>} */
export function shown(record) {
  /** @type {[string, any][]} */
  const values = [];
  for (const [name, { heads }] of record) {
    const value = (heads.length === 1 ? heads[0] : shownHead(heads))?.value ?? null;
    if (value !== null) values.push([name, value]);
  }
  return Object.fromEntries(values);
}

/** Several heads that do not say the same. @param {Head[]} heads @returns {boolean} */
export function isConflict(heads) {
  return heads.some((head) => !same(head.value, heads[0].value));
}

/** The fields somebody has to decide, sorted. @param {Folded} record @returns {string[]} */
export function conflicts(record) {
  return Array.from(record).filter(([, target]) => isConflict(target.heads)).map(([name]) => name).sort(order);
}

/** Whether two JSON values are equal; true is not 1. @param {any} one @param {any} other @returns {boolean} */
export function same(one, other) {
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length
    && names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]));
}

/** By code unit, as Python orders ASCII text. @param {string} one @param {string} other @returns {number} */
function order(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}
