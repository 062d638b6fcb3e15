// @ts-check
/**
 * The sheet of one lesson: `templates/field/sheet.html`, filled from this device.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("../here.js").Here} Here
 */
import { newUuid } from "../../lib/uuid.js";
import { asCode } from "../device_errors.js";
import { here } from "../here.js";
import { beforeLeaving } from "../leaving.js";
import { tellNotKept } from "../state_line.js";
import { say } from "../words.js";
import { clock } from "./clock.js";
import { differences } from "./differ.js";
import { every, make, tell, the } from "../elements.js";
import { attachments } from "./attachments.js";
import { evidencePane } from "./evidence_pane.js";
import { openLesson } from "./lesson.js";
import { place as placeOf } from "./place.js";
import { progress } from "./progress.js";
import { roster } from "./roster.js";
import { rubricPane } from "./rubric_pane.js";
import { steps as stepsOf } from "./steps.js";
import { summary as summaryOf } from "./summary.js";
import { texts as textsOf } from "./texts.js";
import { views } from "./views.js";

/** @param {HTMLElement} root */
export async function sheet(root) {
  try {
    const found = await here();
    if (found) await open(root, found);
    else askToSignIn();
  } catch (error) {
    tellNotKept(asCode(error));
    throw error;
  }
}

/** @param {HTMLElement} root @param {Here} found */
async function open(root, found) {
  const rubric = JSON.parse(the("#rubric").textContent || "");
  /** @type {((names: string[] | null) => void)[]} */
  const parts = [];
  /** @param {string[] | null} names */
  const draw = (names) => { for (const part of parts) part(names); };

  const lesson = await openLesson(found, which(root), draw);
  const place = placeOf(lesson.id);
  const people = roster(lesson);
  /** @type {ReturnType<typeof rubricPane>} */
  let items;
  const notes = evidencePane(lesson, {
    textOf: (code) => items.textOf(code),
    opened(note) {
      place.remember({ note });
      items?.drawLinks();
      if (note) shown.visit("evidence");
      else shown.goBack();
    },
  });
  items = rubricPane(the("#rubric-pane"), lesson, notes, () => place.remember({ remarks: items.openRemarks() }));
  const shots = attachments(lesson, { textOf: items.textOf });
  const steps = stepsOf(lesson);
  const ending = summaryOf(lesson, rubric, {
    textOf: items.textOf, nameOf: people.nameOf, jumpTo: (code) => shown.jumpTo(items.item(code)), chooseTeacher: () => shown.showFacts(),
    finishShots: shots.finish,
  });
  const shown = views(root, place, ending.draw);
  const face = clock(lesson);
  const texts = textsOf(lesson);
  const bars = progress(lesson, rubric);
  const differing = differences(lesson, { nameOf: people.nameOf, labelOf: items.labelOf, item: items.item });

  parts.push(
    (names) => drawWho(root, lesson, people.nameOf, names),
    items.draw, notes.draw, shots.draw, texts.draw, steps.draw, bars.draw, face.draw,
    (names) => { if (names === null || names.includes("teacher") || names.includes("status")) people.draw(); },
    () => { if (root.dataset.view === "summary") ending.draw(); },
    (names) => { if (names === null) differing.draw(); },
    (names) => { if (names === null) drawNotices(lesson); },
  );

  await Promise.all([people.load(), steps.load()]);
  draw(null);
  const before = structuredClone(place.now); // opening the note again moves the page, and is remembered too
  for (const code of before.remarks) items.showRemarks(code, true, false);
  if (before.note && !lesson.isSigned()) notes.resume(before.note, false);
  shown.restore(before);
  notes.tick();
  setInterval(notes.tick, 1000);

  beforeLeaving(lesson.finish);
  lesson.store.onChange(({ records }) => hear(records));
  root.dataset.ready = "true";

  /** What another tab wrote, or the centre brought. @param {string[] | null} records */
  function hear(records) {
    if (records === null || records.some((key) => key.startsWith("person/"))) people.load();
    if (records === null || records.includes(lesson.record)) lesson.refreshSoon();
    if (records === null || records.some((key) => key.startsWith("step/"))) steps.load();
  }
}

/** Which observation the address names; a new one is written into the address, so that a reload finds it again. @param {HTMLElement} root */
function which(root) {
  const address = new URL(location.href);
  const id = address.searchParams.get("observation") || newUuid();
  if (!address.searchParams.has("observation")) {
    address.searchParams.set("observation", id);
    history.replaceState(null, "", address);
  }
  return {
    id,
    rubric: root.dataset.rubric ?? "",
    school: address.searchParams.get("school") ?? "",
    visit: address.searchParams.get("visit"),
  };
}

/** @param {HTMLElement} root @param {Lesson} lesson @param {(id: string) => string} nameOf @param {string[] | null} names */
function drawWho(root, lesson, nameOf, names) {
  if (names !== null && !names.some((name) => ["teacher", "class_name", "subject", "topic", "status"].includes(name))) return;
  root.dataset.status = lesson.isMine() ? lesson.value("status") ?? "new" : "signed";
  const teacher = lesson.value("teacher");
  const facts = ["class_name", "subject", "topic"].map((name) => lesson.value(name)).filter(Boolean).join(" · ");
  if (teacher) tell(the("[data-teacher-name]"), nameOf(teacher));
  if (facts) tell(the("[data-lesson-line]"), facts);
  const line = [teacher ? nameOf(teacher) : "", facts].filter(Boolean).join(" · ");
  if (line) tell(the("[data-facts-line]"), line);
}

/** What the observer has to know about this record. @param {Lesson} lesson */
function drawNotices(lesson) {
  const notices = the("#sheet-notices");
  for (const old of every(".notice", notices)) old.remove();
  const keys = [lesson.isMine() ? "" : "sheet.not_yours", lesson.held().some(({ verdict }) => verdict === null) ? "sheet.held" : ""];
  notices.append(...keys.filter(Boolean).map((key) => make("p", { class: "notice", text: say(key), data: { kind: "warning" } })));
}

function askToSignIn() {
  const link = /** @type {HTMLAnchorElement} */ (make("a", { class: "button button--next", text: say("sheet.sign_in") }));
  link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  the("#sheet-notices").append(make("div", { class: "notice", data: { kind: "warning" } }, make("p", { text: say("sheet.nobody") }), make("p", {}, link)));
}
