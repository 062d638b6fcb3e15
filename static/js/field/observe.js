// @ts-check
/**
 * Whom to observe, and with which form. The form used last is chosen already, so one tap on a name begins.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {import("./forms.js").Form} Form
 * @typedef {import("./roster.js").RosterPerson} RosterPerson
 * @typedef {import("../local/view.js").RecordView} RecordView
 * @typedef {{here: Here, forms: Form[], teachers: RosterPerson[], lastSeen: Map<string, string>, visit: RecordView | null}} Known
 */
import { begin, lastForm } from "./begin.js";
import { activeForms } from "./forms.js";
import { writers } from "./keeping.js";
import { sinceWords } from "./moments.js";
import { hasEverything, hasRole, openPage } from "./page.js";
import { plain, rosterOf } from "./roster.js";
import { line, part, reveal, row, show, write } from "./rows.js";
import { language, say } from "./words.js";

const AT_ONCE = 30;
const USUAL = "instruction-short";

/** @param {HTMLElement} root */
export function observe(root) {
  /** @type {Known | null} */
  let known = null;
  let form = "";
  let most = AT_ONCE;

  const search = /** @type {HTMLInputElement} */ (root.querySelector("input[type=search]"));
  const drawPeople = () => known && listTeachers(root, known, search.value, most);
  const opened = openPage(root, async (here) => {
    known = await look(here);
    form ||= await usualForm(known);
    reveal(root, "fetching", !hasEverything());
    reveal(root, "not-observer", !hasRole(here, "observer"));
    reveal(root, "choosing", hasRole(here, "observer"));
    drawForms(root, known, form);
    drawPeople();
  });
  openFormsWhereThereIsRoom(root);
  search.addEventListener("input", () => {
    most = AT_ONCE;
    drawPeople();
  });
  root.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.name !== "form" || !known) return;
    form = event.target.value;
    nameForm(root, known, form);
  });
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button || !known) return;
    if ("more" in button.dataset) {
      most = Infinity;
      drawPeople();
    } else if ("later" in button.dataset || button.dataset.teacher) beginWith(button, known, form);
  });
  return opened;
}

/** @param {Here} here @returns {Promise<Known>} */
async function look(here) {
  const { store, person } = here;
  const wanted = new URLSearchParams(location.search).get("visit");
  const [persons, rubrics, observations, visits] = await store.lists(["person", "rubric", "observation", "visit"]);
  const people = rosterOf(persons);
  const lastSeen = lastVisited(observations, visits);
  const teachers = [...people.values()].filter((each) => each.isTeacher && each.id !== person.person);
  teachers.sort((one, other) => order(lastSeen.get(one.id) ?? "", lastSeen.get(other.id) ?? "") || one.name.localeCompare(other.name));
  const visit = wanted ? visits.find(({ record }) => record === `visit/${wanted}`) ?? null : null;
  return { here, forms: activeForms(rubrics), teachers, lastSeen, visit };
}

/** When each teacher was last in a lesson that was observed, as far as this device knows. @param {RecordView[]} observations @param {RecordView[]} visits */
export function lastVisited(observations, visits) {
  /** @type {Map<string, string>} */
  const last = new Map();
  /** @param {string | undefined} teacher @param {string | undefined} at */
  const note = (teacher, at) => {
    if (teacher && at && at > (last.get(teacher) ?? "")) last.set(teacher, at);
  };
  for (const { fields } of observations) note(fields.teacher, fields.started_at);
  for (const { fields } of visits) if (fields.status === "done") note(fields.teacher, fields.planned_at);
  return last;
}

/** Those whose name, class or subject holds every word that was typed. @param {RosterPerson[]} teachers @param {string} wanted */
export function matching(teachers, wanted) {
  const parts = plain(wanted).split(/\s+/).filter(Boolean);
  return teachers.filter(({ name, subjects, classes, position }) => {
    const text = plain(`${name} ${subjects} ${classes} ${position}`);
    return parts.every((each) => text.includes(each));
  });
}

/** @param {HTMLElement} root @param {Known} known @param {string} wanted @param {number} most */
function listTeachers(root, { teachers, lastSeen, visit }, wanted, most) {
  const expected = visit && teachers.find(({ id }) => id === visit.fields.teacher);
  const found = wanted.trim() === "" && expected ? [expected] : matching(teachers, wanted);
  show(part(root, "people-list"), found.slice(0, most).map(({ id, name, subjects, classes }) => {
    const seen = lastSeen.get(id);
    const item = row("teacher-row", {
      name, what: line(subjects, classes), last: seen ? say("observe.last", { when: sinceWords(seen) }) : say("observe.never"),
    });
    const button = /** @type {HTMLElement} */ (item.querySelector("button"));
    button.dataset.teacher = id;
    return item;
  }));
  reveal(root, "more", found.length > most);
  write(root, "found", found.length === 0 ? (teachers.length ? say("observe.none_found") : say("observe.nobody_yet")) : "");
}

/** @param {HTMLElement} root @param {Known} known @param {string} chosen */
function drawForms(root, known, chosen) {
  const list = part(root, "forms-list");
  const focused = list.contains(document.activeElement) ? /** @type {HTMLInputElement} */ (document.activeElement).value : null;
  const areas = [...new Set(known.forms.map(({ area }) => area))];
  show(list, areas.map((area) => {
    const section = row("form-area", { area: say(`observe.area.${area}`) });
    for (const form of known.forms.filter((each) => each.area === area)) section.append(formChoice(form, chosen));
    return section;
  }));
  for (const input of list.querySelectorAll("input")) if (input.value === focused) input.focus();
  nameForm(root, known, chosen);
}

/** @param {Form} form @param {string} chosen */
function formChoice({ key, title, about, count }, chosen) {
  const choice = row("form-choice", { title, about: line(say("observe.items", { count }), about) });
  const input = /** @type {HTMLInputElement} */ (choice.querySelector("input"));
  input.value = key;
  input.id = `form-${key}`;
  input.checked = key === chosen;
  return choice;
}

/** @param {HTMLElement} root @param {Known} known @param {string} chosen */
function nameForm(root, { forms }, chosen) {
  write(root, "chosen-form", forms.find(({ key }) => key === chosen)?.title ?? say("observe.no_form"));
}

/** @param {Known} known @returns {Promise<string>} */
async function usualForm({ here, forms }) {
  const last = await lastForm(here);
  const usual = forms.find(({ key }) => key === last) ?? forms.find(({ code }) => code === USUAL) ?? forms[0];
  return usual?.key ?? "";
}

/** @param {HTMLButtonElement} button @param {Known} known @param {string} form */
async function beginWith(button, { here, forms, teachers, visit }, form) {
  const chosen = forms.find(({ key }) => key === form);
  if (!chosen) return;
  const teacher = teachers.find(({ id }) => id === button.dataset.teacher);
  const planned = visit && visit.fields.teacher === teacher?.id ? visit : null;
  button.disabled = true;
  await begin(here, {
    school: teacher?.school || planned?.school || observersSchool(here) || chosen.school,
    rubric: form,
    teacher: teacher?.id,
    subject: planned?.fields.subject ?? only(teacher?.subjects),
    class_name: planned?.fields.class_name,
    topic: planned?.fields.topic,
    visit: planned?.record.slice("visit/".length),
  }).catch(writers(here).failed);
  button.disabled = false;
}

/** @param {Here} here @returns {string | undefined} */
function observersSchool({ schools }) {
  return schools.find(({ roles }) => roles.includes("observer"))?.id;
}

/** Her subject, where she teaches one. @param {string | undefined} subjects */
function only(subjects) {
  return subjects && !/[,;/]/.test(subjects) ? subjects : undefined;
}

/** @param {HTMLElement} root */
function openFormsWhereThereIsRoom(root) {
  const forms = root.querySelector("#forms");
  if (forms instanceof HTMLDetailsElement && matchMedia("(min-width: 60em)").matches) forms.open = true;
}

/** @param {string} one @param {string} other */
function order(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}
