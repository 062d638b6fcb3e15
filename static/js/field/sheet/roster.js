// @ts-check
/**
 * Choosing the teacher: write part of a name, then choose. A combobox as screen readers expect one.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {{id: string, name: string, about: string}} Teacher
 */
import { say } from "../words.js";
import { make, the } from "../elements.js";

const SHOWN = 30;

/** @param {Lesson} lesson */
export function roster(lesson) {
  const input = /** @type {HTMLInputElement} */ (the("#teacher"));
  const list = the("#teacher-choices");
  /** @type {Map<string, Record<string, any>>} */
  let people = new Map();
  /** @type {Teacher[]} */
  let found = [];
  let at = -1;

  input.addEventListener("input", () => show(true));
  input.addEventListener("focus", () => { if (!input.readOnly) { input.select(); show(false); } });
  input.addEventListener("blur", () => { hide(); draw(); });
  input.addEventListener("keydown", onKey);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus where it is
  list.addEventListener("click", ({ target }) => {
    const id = target instanceof Element ? target.closest("li")?.dataset.person : undefined;
    if (id) choose(id);
  });

  /** @param {boolean} isFiltering */
  function show(isFiltering) {
    const wanted = isFiltering ? plain(input.value) : "";
    found = [...people].filter(([id, each]) => isTeacher(each) && id !== lesson.person.person && plain(`${fullName(each)} ${each.subjects ?? ""} ${each.nip ?? ""}`).includes(wanted))
      .map(([id, each]) => ({ id, name: fullName(each), about: [each.subjects, each.classes].filter(Boolean).join(" · ") }))
      .sort((one, other) => one.name.localeCompare(other.name, "id")).slice(0, SHOWN);
    at = isFiltering && found.length ? 0 : -1;
    list.replaceChildren(...(found.length ? found.map(option) : [make("li", { class: "roster__person", text: say(people.size ? "roster.none" : "roster.not_here") })]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  }

  /** @param {Teacher} teacher @param {number} place */
  function option(teacher, place) {
    const item = make("li", { class: "roster__person", data: { person: teacher.id } }, make("span", { text: teacher.name }), make("span", { class: "roster__about", text: teacher.about }));
    item.id = `teacher-choice-${place}`;
    item.setAttribute("role", "option");
    return item;
  }

  function mark() {
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", `teacher-choice-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function hide() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return show(false);
      at = found.length ? (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length : -1;
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) choose(found[at].id);
    } else if (event.key === "Escape") {
      hide();
      draw();
    }
  }

  /** @param {string} id */
  function choose(id) {
    lesson.change({ teacher: id });
    hide();
    draw();
  }

  function draw() {
    input.readOnly = lesson.isSigned() || !lesson.isMine();
    if (!list.hidden) return;
    const id = lesson.value("teacher");
    input.value = id ? nameOf(id) : "";
  }

  /** @param {string} id */
  function nameOf(id) {
    const person = people.get(id);
    return person ? fullName(person) : id === lesson.person.person ? lesson.person.name : say("roster.unknown");
  }

  async function load() {
    const views = await lesson.store.list("person");
    people = new Map(views.filter(({ school }) => school === lesson.school).map(({ record, fields }) => [record.slice("person/".length), fields]));
    draw();
  }

  return { draw, load, nameOf };
}

/** @param {Record<string, any>} person */
function isTeacher(person) {
  return person["role.teacher"] === true && person.active !== false;
}

/** @param {Record<string, any>} person @returns {string} */
export function fullName(person) {
  return [person.honorific, person.name].filter(Boolean).join(" ");
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").toLowerCase();
}
