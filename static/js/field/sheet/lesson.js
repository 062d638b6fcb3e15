// @ts-check
/**
 * The lesson on this page: its record as shown, and the one way to change it.
 *
 * @typedef {import("../here.js").Here} Here
 * @typedef {import("../../sync/record.js").Head} Head
 * @typedef {{text: string, at_s: number, tags: string[]}} Note
 * @typedef {Note & {id: string}} NamedNote
 * @typedef {Awaited<ReturnType<typeof openLesson>>} Lesson
 */
import { utc } from "../../lib/time.js";
import { same } from "../../sync/record.js";
import { asCode } from "../device_errors.js";
import { attachmentsOf } from "../faces.js";
import { say } from "../words.js";
import { tellKeeping, tellKept, tellNotKept } from "../state_line.js";
import { alsoUnkept } from "../unkept.js";
import { writer } from "./writer.js";

const QUIET_MS = 400;
const LATE_MS = 100;

/**
 * @param {Here} here @param {{id: string, rubric: string, school: string, visit: string | null}} which
 * @param {(names: string[] | null) => void} draw called with the fields that changed; null means all
 */
export async function openLesson({ person, store, schools }, { id, rubric, school: asked, visit }, draw) {
  const record = `observation/${id}`;
  let view = await store.read(record);
  /** @type {Record<string, any>} */
  let fields = { ...view.fields };
  let drawn = view.conflicts.join();
  let heldCount = view.held.length;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Set<string>} */
  const undrawn = new Set();
  const school = view.school || asked || (schools.find(({ roles }) => roles.includes("observer")) ?? schools[0])?.id || "";
  const known = (/** @type {string} */ of, /** @type {string} */ name) => (of === record ? view.fields[name] : undefined);
  const pen = writer(store, school, { known, keeping: tellKeeping, kept: tellKept, failed: (error) => tellNotKept(asCode(error)) });
  alsoUnkept(pen.unkept);
  const planned = visit && !fields.status ? (await store.read(`visit/${visit}`)).fields : {};

  /** What every observation says from its first word on. */
  function beginning() {
    if (fields.status) return {};
    const known = Object.fromEntries(["teacher", "class_name", "subject", "topic"].filter((name) => planned[name]).map((name) => [name, planned[name]]));
    return { rubric, observer: person.person, status: "draft", ...(visit ? { visit } : {}), ...known };
  }

  /** @param {Record<string, any>} set null clears @param {boolean} [isTyping] */
  function change(set, isTyping = false) {
    const whole = { ...beginning(), ...set };
    for (const [name, value] of Object.entries(whole)) {
      if (value === null) delete fields[name];
      else fields[name] = value;
    }
    pen.write(record, whole, isTyping);
    drawSoon(Object.keys(whole), isTyping);
  }

  /**
   * The browser has painted the tap itself already; what else it changes is drawn when the disk has it, or soon, should
   * the disk take its time. Letters are drawn at the next frame. @param {string[]} names @param {boolean} isTyping
   */
  function drawSoon(names, isTyping) {
    const isAsked = undrawn.size > 0;
    for (const name of names) undrawn.add(name);
    if (isAsked) return;
    const late = setTimeout(now, LATE_MS);
    if (isTyping) requestAnimationFrame(now);
    else pen.flush().then(now, now);

    function now() {
      clearTimeout(late);
      const drawing = [...undrawn];
      undrawn.clear();
      if (drawing.length) draw(drawing);
    }
  }

  /** What was seen or judged starts the clock, if nobody did. @param {Record<string, any>} set @param {boolean} [isTyping] */
  function observe(set, isTyping = false) {
    change(fields.started_at ? set : { started_at: utc(), ...set }, isTyping);
  }

  /** Read again what another tab or the centre brought; what is being written here stays. */
  async function refresh() {
    view = await store.read(record);
    const unkept = Object.keys(fields).filter((name) => pen.isPending(record, name));
    const cleared = Object.keys(view.fields).filter((name) => pen.isPending(record, name) && !(name in fields));
    const mine = Object.fromEntries(unkept.map((name) => [name, fields[name]]));
    const before = fields;
    fields = { ...view.fields, ...mine };
    for (const name of cleared) delete fields[name];
    const conflicts = view.conflicts.join();
    const isSame = same(before, fields) && conflicts === drawn && view.held.length === heldCount;
    drawn = conflicts;
    heldCount = view.held.length;
    if (!isSame) draw(null);
  }

  /** Once it is quiet: our own taps bring this about too, and must not slow the next one down. */
  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(refresh, QUIET_MS);
  }

  return {
    id, record, school, store, person,
    zone: schools.find((each) => each.id === school)?.time_zone,
    planned,
    change,
    observe,
    refresh,
    refreshSoon,
    write: pen.write,
    flush: pen.flush,
    finish: pen.finish,
    /** Whether what is on the page for this field is still on its way to the disk. @param {string} name */
    isUnkept: (name) => pen.isPending(record, name),
    /** @param {string} name */
    value: (name) => fields[name] ?? planned[name] ?? null,
    fields: () => fields,
    /** Fields with several answers, each with who and when. @returns {Record<string, Head[]>} */
    choices: () => view.choices,
    held: () => view.held,
    isSigned: () => fields.status === "signed",
    isMine: () => !fields.observer || fields.observer === person.person,
    /** Seconds of the lesson, or 0 before it started. */
    elapsedSeconds: () => (fields.started_at ? Math.min(999_999, Math.max(0, Math.round((Date.now() - Date.parse(fields.started_at)) / 1000))) : 0),
    /** Code to rating. @returns {Record<string, number | "na">} */
    ratings: () => startingWith(fields, "rating."),
    /** Notes, photos and recordings, in words, newest first. @returns {NamedNote[]} */
    evidence: () => [...notes(), ...attachmentsOf(fields).map(shotInWords)].sort(newestFirst),
    notes,
  };

  /** Newest first. @returns {NamedNote[]} */
  function notes() {
    return Object.entries(/** @type {Record<string, Note>} */ (startingWith(fields, "note.")))
      .map(([note, { text, at_s, tags }]) => ({ id: note, text, at_s, tags }))
      .sort(newestFirst);
  }
}

/** @param {NamedNote} one @param {NamedNote} other */
function newestFirst(one, other) {
  return other.at_s - one.at_s || (one.id < other.id ? 1 : -1);
}

/** @param {import("../faces.js").NamedAttachment} shot @returns {NamedNote} */
function shotInWords({ id, type, caption, at_s, tags }) {
  const what = say(type.startsWith("image/") ? "shot.photo" : "shot.sound");
  return { id, text: caption ? `${what}: ${caption}` : what, at_s, tags };
}

/** @param {Record<string, any>} fields @param {string} start @returns {Record<string, any>} */
function startingWith(fields, start) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name.startsWith(start)).map(([name, value]) => [name.slice(start.length), value]));
}
