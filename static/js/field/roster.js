// @ts-check
/**
 * The people of the school, as this device knows them.
 *
 * @typedef {import("./here.js").Store} Store
 * @typedef {object} RosterPerson
 * @property {string} id
 * @property {string} school
 * @property {string} name as she is addressed
 * @property {string} subjects
 * @property {string} classes
 * @property {string} position
 * @property {boolean} isTeacher
 * @typedef {Map<string, RosterPerson>} Roster
 */

/** @param {Pick<Store, "list">} store @returns {Promise<Roster>} */
export async function roster(store) {
  return rosterOf(await store.list("person"));
}

/** @param {import("../local/view.js").RecordView[]} people @returns {Roster} */
export function rosterOf(people) {
  return new Map(people.map((view) => {
    const { name, honorific, subjects, classes, position, active } = view.fields;
    const id = view.record.slice("person/".length);
    return /** @type {const} */ ([id, {
      id,
      school: view.school,
      name: [honorific, name].filter(Boolean).join(" "),
      subjects: subjects ?? "",
      classes: classes ?? "",
      position: position ?? "",
      isTeacher: view.fields["role.teacher"] === true && active !== false,
    }]);
  }));
}

/** How she is called, or what to say when nobody was chosen or the name has not arrived. @param {Roster} people @param {string | undefined} id @param {string} otherwise */
export function nameOf(people, id, otherwise) {
  return (id && people.get(id)?.name) || otherwise;
}

/** Text as it is compared in a search: no case, no accents. @param {string} text */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
