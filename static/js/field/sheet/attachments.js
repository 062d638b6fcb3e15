// @ts-check
/**
 * Photos and recordings of a lesson: made, captioned, linked to items, removed. The bytes are on the disk before the
 * record names them; where there is no room for them, nothing that was written is touched.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("../faces.js").NamedAttachment} NamedAttachment
 * @typedef {import("../../local/blobs.js").BlobRow} BlobRow
 */
import { PHOTO_TYPE, redrawn } from "../../lib/photo.js";
import { canRecord } from "../../lib/recorder.js";
import { sha256 } from "../../lib/sha256.js";
import { newUuid } from "../../lib/uuid.js";
import { attachmentsOf, faces } from "../faces.js";
import { beforeLeaving } from "../leaving.js";
import { minuteOf } from "../minutes.js";
import { say } from "../words.js";
import { every, make, tell, the } from "../elements.js";
import { sound } from "./sound.js";

const QUIET_MS = 400;

/** @param {Lesson} lesson @param {{textOf: (code: string) => string}} page */
export function attachments(lesson, { textOf }) {
  const photo = /** @type {HTMLInputElement} */ (the("#photo"));
  const record = /** @type {HTMLButtonElement} */ (the("#record"));
  const undo = the("#shot-undo");
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector("#shot-row"));
  const face = faces(lesson.store, lesson);
  /** @type {Map<string, BlobRow>} */
  let known = new Map();
  /** @type {NamedAttachment | null} */
  let removed = null;
  /** @type {Promise<unknown> | null} */
  let drawing = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const voice = sound(lesson, { add, said, isFull });

  photo.addEventListener("change", takePhoto);
  record.addEventListener("click", voice.toggle);
  beforeLeaving(() => (document.visibilityState === "hidden" ? null : finish())); // a dark screen goes on listening
  the("[data-undo-shot]").addEventListener("click", bringBack);
  record.hidden = !canRecord();
  the("#record-hint").hidden = canRecord();

  /** End what is being recorded, and wait for what is being drawn; null when nothing is on its way into the record. @returns {Promise<void> | null} */
  function finish() {
    const recording = voice.finish();
    return recording || drawing ? Promise.all([recording, drawing]).then(() => {}) : null;
  }

  function takePhoto() {
    const [file] = photo.files ?? [];
    photo.value = "";
    if (!file) return;
    const at_s = lesson.elapsedSeconds();
    /** @type {Promise<unknown>} */
    const mine = Promise.resolve(drawing).then(() => keepPhoto(file, at_s)).finally(() => { if (drawing === mine) drawing = null; });
    drawing = mine; // one after the other: each takes a hundred megabytes while it is drawn
  }

  /** @param {File} file @param {number} at_s */
  async function keepPhoto(file, at_s) {
    said(say("shot.keeping"));
    const drawn = await redrawn(file).catch(() => null);
    if (drawn) await add({ ...drawn, type: PHOTO_TYPE, at_s });
    else said(say("shot.no_picture"));
  }

  /** @param {{data: ArrayBuffer, small: ArrayBuffer | null, type: string, at_s: number}} made @returns {Promise<boolean>} whether it is kept */
  async function add({ data, small, type, at_s }) {
    try {
      const digest = await sha256(data);
      await lesson.store.blobs.put({ sha256: digest, record: lesson.record, school: lesson.school, type, data, small });
      lesson.observe({ [`attachment.${newUuid()}`]: { sha256: digest, type, bytes: data.byteLength, caption: "", at_s, tags: [] } });
      await lesson.finish();
      await lesson.store.blobs.followRecords(); // an exchange may have looked for it before the record named it
      said(say("shot.kept"));
      await look();
      return true;
    } catch (error) {
      said(say(isFull(error) ? "shot.full" : "shot.not_kept"));
      return false;
    }
  }

  /** @param {NamedAttachment} shot @param {Partial<NamedAttachment>} news @param {boolean} [isTyping] */
  function change({ id }, news, isTyping = false) {
    const name = `attachment.${id}`;
    const stands = lesson.value(name);
    if (stands) lesson.change({ [name]: { ...stands, ...news } }, isTyping);
  }

  /** @param {NamedAttachment} shot */
  function remove(shot) {
    removed = shot;
    setTo(shot.id, null);
    undo.hidden = false;
  }

  function bringBack() {
    undo.hidden = true;
    if (!removed) return;
    const { id, ...shot } = removed;
    removed = null;
    setTo(id, shot);
  }

  /** Once the record says so, what waits is counted anew. @param {string} id @param {Partial<NamedAttachment> | null} shot */
  function setTo(id, shot) {
    lesson.change({ [`attachment.${id}`]: shot });
    lesson.flush().then(() => lesson.store.blobs.followRecords()).catch(() => {}); // not kept: the line says so; counted at the next exchange
  }

  /** Our own taps bring this about too, and must not be slowed down. */
  function lookSoon() {
    if (attachmentsOf(lesson.fields()).length === 0) return;
    clearTimeout(timer);
    timer = setTimeout(look, QUIET_MS);
  }

  /** Where each of them is by now. */
  async function look() {
    known = new Map((await lesson.store.blobs.all()).filter(({ school }) => school === lesson.school).map((row) => [row.sha256, row]));
    draw(null);
  }

  /** @param {string[] | null} names */
  function draw(names) {
    if (names !== null && !names.some((name) => name.startsWith("attachment.") || name === "status")) return;
    const isClosed = lesson.isSigned() || !lesson.isMine();
    if (isClosed) void voice.finish(); // nobody could end it any more
    the(".capture__tools").hidden = isClosed;
    the("#record-hint").hidden = isClosed || canRecord();
    const list = the("#shots");
    const rows = new Map(every("li.shot", list).map((item) => [item.dataset.shot ?? "", item]));
    const wanted = attachmentsOf(lesson.fields()).reverse().map((shot) => fill(rows.get(shot.id) ?? newRow(shot.id), shot, isClosed));
    if (wanted.length !== list.children.length || wanted.some((item, at) => list.children[at] !== item)) list.replaceChildren(...wanted);
  }

  /** @param {string} id */
  function newRow(id) {
    const item = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    const now = () => attachmentsOf(lesson.fields()).find((shot) => shot.id === id);
    const caption = /** @type {HTMLInputElement} */ (the(".shot__caption", item));
    const pick = /** @type {HTMLSelectElement} */ (the(".shot__pick", item));
    item.dataset.shot = id;
    pick.append(...[...the("#note-tag").childNodes].map((each) => each.cloneNode(true)));
    caption.addEventListener("input", () => { const shot = now(); if (shot) change(shot, { caption: caption.value.replaceAll("\n", " ") }, true); });
    pick.addEventListener("change", () => {
      const shot = now();
      if (shot && pick.value) link(shot, pick.value);
      pick.value = "";
    });
    the("[data-remove-shot]", item).addEventListener("click", () => { const shot = now(); if (shot) remove(shot); });
    return item;
  }

  /** @param {NamedAttachment} shot @param {string} code */
  function link(shot, code) {
    change(shot, { tags: shot.tags.includes(code) ? shot.tags.filter((each) => each !== code) : [...shot.tags, code] });
  }

  /** @param {HTMLElement} item @param {NamedAttachment} shot @param {boolean} isClosed */
  function fill(item, shot, isClosed) {
    const state = the(".shot__state", item);
    const caption = /** @type {HTMLInputElement} */ (the(".shot__caption", item));
    const row = known.get(shot.sha256); // of another device's making, until it was fetched: nobody here knows where it is
    tell(the(".shot__at", item), minuteOf(shot.at_s));
    tell(state, row ? whereIs(row) : "");
    state.hidden = !row;
    state.dataset.state = row?.standing === "refused" ? "problem" : row && isWaiting(row) ? "waiting" : "centre";
    if (document.activeElement !== caption) caption.value = shot.caption;
    the(".shot__more", item).hidden = isClosed;
    tell(the(".shot__words", item), [shot.caption, ...shot.tags].filter(Boolean).join(" · "));
    fillTags(the(".tags", item), shot);
    face.fill(the(".shot__face", item), shot);
    return item;
  }

  /** @param {HTMLElement} place @param {NamedAttachment} shot */
  function fillTags(place, shot) {
    if (place.dataset.shown === shot.tags.join()) return;
    place.dataset.shown = shot.tags.join();
    place.replaceChildren(...shot.tags.map((code) => {
      const untag = make("button", {}, make("span", { text: code }), make("small", { text: say("sheet.unlink") }), make("span", { class: "visually-hidden", text: textOf(code) }));
      untag.setAttribute("type", "button");
      untag.addEventListener("click", () => { const now = attachmentsOf(lesson.fields()).find(({ id }) => id === shot.id); if (now) link(now, code); });
      return make("li", {}, untag);
    }));
  }

  lesson.store.onChange(({ records }) => { if (records === null || records.includes(lesson.record)) lookSoon(); });
  look().then(voice.rescue);
  return { draw, finish };
}

/** @param {string} text */
function said(text) {
  tell(the("#capture-said"), text);
}

/** @param {BlobRow} row */
function isWaiting({ standing }) {
  return standing === "waiting" || standing === "removed";
}

/** @param {BlobRow} row @returns {string} */
function whereIs(row) {
  if (row.standing === "refused") return say(`shot.refused.${reasonWord(row.reason)}`);
  return say(isWaiting(row) ? "shot.waits" : "shot.sent");
}

/** @param {unknown} error */
function isFull(error) {
  return error instanceof Error && (error.name === "NoRoomForPhoto" || "code" in error && error.code === "full");
}

/** @param {string} reason */
function reasonWord(reason) {
  return ["unsupported", "damaged", "too-large", "reveals", "hides", "lost"].includes(reason) ? reason : "other";
}
