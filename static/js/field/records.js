// @ts-check
/**
 * Everything this observer wrote: searched, sorted out by state, thirty to a page.
 *
 * @typedef {import("./here.js").Here} Here
 * @typedef {import("./records/shelf.js").Entry} Entry
 */
import { readAddress, sheetAddress } from "./begin.js";
import { byRecord, titleOf } from "./forms.js";
import { heldWords } from "./held_words.js";
import { longDay } from "./moments.js";
import { hasEverything, openPage, zoneOf } from "./page.js";
import { nameOf, rosterOf } from "./roster.js";
import { line, part, reveal, row, show, write } from "./rows.js";
import { entries, matching, stateOf, whereOf } from "./records/shelf.js";
import { say } from "./words.js";

const A_PAGE = 30;

/** @param {HTMLElement} root */
export function records(root) {
  /** @type {Entry[]} */
  let all = [];
  let at = 0;

  const search = /** @type {HTMLInputElement} */ (root.querySelector("#find-record"));
  const state = /** @type {HTMLSelectElement} */ (root.querySelector("#record-state"));
  const draw = () => {
    const found = matching(all, search.value, state.value);
    at = Math.max(0, Math.min(at, Math.floor((found.length - 1) / A_PAGE) * A_PAGE));
    list(root, found, at);
    sayWhenEmpty(root, found.length, all.length);
  };
  const begin = () => {
    at = 0;
    draw();
  };
  const opened = openPage(root, async (here) => {
    all = await look(here);
    reveal(root, "fetching", !hasEverything());
    draw();
  });
  search.addEventListener("input", begin);
  state.addEventListener("input", begin);
  root.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.dataset.turn) {
      at += Number(button.dataset.turn) * A_PAGE;
      draw();
      root.querySelector("h1")?.scrollIntoView();
    } else if (button && "clear" in button.dataset) {
      search.value = state.value = "";
      begin();
      search.focus();
    }
  });
  return opened;
}

/** @param {Here} here @returns {Promise<Entry[]>} */
async function look(here) {
  const { store, person } = here;
  const [persons, rubrics, observations] = await store.lists(["person", "rubric", "observation"]);
  const people = rosterOf(persons);
  const forms = byRecord(rubrics);
  return entries(observations, person.person, (view) => ({
    who: nameOf(people, view.fields.teacher, say("lesson.no_teacher")),
    form: titleOf(forms, view.fields.rubric),
    zone: zoneOf(here, view.school),
  }));
}

/** @param {HTMLElement} root @param {Entry[]} found @param {number} at */
function list(root, found, at) {
  const shown = found.slice(at, at + A_PAGE);
  show(part(root, "list"), shown.map(recordRow));
  write(root, "counted", say("records.counted", { count: found.length }));
  reveal(root, "pager", found.length > A_PAGE);
  write(root, "where", say("records.where", { first: at + 1, last: at + shown.length, total: found.length }));
  /** @type {HTMLButtonElement} */ (part(root, "before")).disabled = at === 0;
  /** @type {HTMLButtonElement} */ (part(root, "after")).disabled = at + A_PAGE >= found.length;
}

/** @param {Entry} entry */
function recordRow({ view, who, form, zone, at }) {
  const { fields, conflicts, held } = view;
  const id = view.record.slice("observation/".length);
  const status = stateOf(view);
  const where = whereOf(view);
  const waiting = held.filter(({ verdict }) => verdict === null);
  const item = row("record-row", {
    who,
    what: line(fields.class_name, fields.subject, form),
    when: longDay(at, zone),
    status: say(`record.status.${status}`),
    where: say(`record.where.${where}`),
    differ: conflicts.length ? say("record.differ", { count: conflicts.length }) : "",
    held: waiting.length ? heldWords(waiting[0]) : "",
  });
  const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
  const isForReading = fields.status === "signed" && conflicts.length === 0;
  link.href = isForReading ? readAddress(id) : sheetAddress(fields.rubric, id, view.school);
  for (const state of item.querySelectorAll(".state")) {
    if (state instanceof HTMLElement) state.dataset.state = state.dataset.fill === "where" ? where : STATES[status];
  }
  return item;
}

/** @type {Record<string, string>} */
const STATES = { draft: "draft", signed: "signed", read: "done", agree: "done", differ: "done" };

/** @param {HTMLElement} root @param {number} found @param {number} total */
function sayWhenEmpty(root, found, total) {
  reveal(root, "empty", found === 0 && (total > 0 || hasEverything()));
  write(root, "empty-what", say(total === 0 ? "records.none" : "records.none_found"));
  reveal(root, "empty-observe", total === 0);
  reveal(root, "empty-clear", total > 0);
}
