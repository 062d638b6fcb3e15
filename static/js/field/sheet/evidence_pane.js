// @ts-check
/**
 * Evidence: one tap starts a note stamped with its minute; every letter is kept; items may be linked at any time.
 *
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {import("./lesson.js").NamedNote} NamedNote
 * @typedef {import("./place.js").OpenNote} OpenNote
 */
import { newUuid } from "../../lib/uuid.js";
import { minuteOf } from "../minutes.js";
import { say } from "../words.js";
import { every, make, tell, the } from "../elements.js";
import { showText } from "./texts.js";

/** @param {Lesson} lesson @param {{opened: (note: OpenNote | null) => void, textOf: (code: string) => string}} page */
export function evidencePane(lesson, page) {
  const composer = the("#composer");
  const text = /** @type {HTMLTextAreaElement} */ (the("#note-text"));
  const pick = /** @type {HTMLSelectElement} */ (the("#note-tag"));
  const undo = the("#note-undo");
  const row = /** @type {HTMLTemplateElement} */ (document.querySelector("#note-row"));
  /** @type {OpenNote | null} */
  let open = null;
  /** @type {NamedNote | null} */
  let removed = null;

  for (const start of every("[data-new-note]")) start.addEventListener("click", () => begin([]));
  the("[data-close-note]").addEventListener("click", close);
  the("[data-remove-note]").addEventListener("click", remove);
  the("[data-undo-note]").addEventListener("click", bringBack);
  text.addEventListener("input", () => keep(true));
  text.addEventListener("blur", () => { lesson.finish()?.catch(() => {}); });
  text.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  pick.addEventListener("change", () => {
    if (pick.value) link(pick.value);
    pick.value = "";
  });
  the("#stream").addEventListener("click", ({ target }) => {
    const id = target instanceof Element ? target.closest("li")?.dataset.note : undefined;
    const note = lesson.notes().find((each) => each.id === id);
    if (note && !lesson.isSigned() && lesson.isMine()) resume(note);
  });

  /** @param {string[]} tags */
  function begin(tags) {
    if (open) close();
    undo.hidden = true;
    lesson.observe({});
    resume({ id: newUuid(), at_s: lesson.elapsedSeconds(), tags });
  }

  /** @param {OpenNote} note @param {boolean} [withFocus] */
  function resume({ id, at_s, tags }, withFocus = true) {
    if (open && open.id !== id) close();
    open = { id, at_s, tags: [...tags] };
    text.value = lesson.value(`note.${id}`)?.text ?? "";
    page.opened(open);
    draw(null);
    if (withFocus) text.focus({ preventScroll: true });
  }

  /** An empty note is no note. @param {boolean} isTyping */
  function keep(isTyping) {
    if (!open) return;
    const name = `note.${open.id}`;
    const isNew = lesson.value(name) === null;
    if (isNew && !text.value.trim()) return;
    lesson.observe({ [name]: { text: text.value, at_s: open.at_s, tags: [...open.tags] } }, isTyping);
  }

  function close() {
    if (!open) return;
    const name = `note.${open.id}`;
    if (lesson.value(name) !== null && !text.value.trim()) lesson.change({ [name]: null });
    lesson.finish()?.catch(() => {});
    open = null;
    page.opened(null);
    draw(null);
  }

  function remove() {
    if (!open) return;
    const name = `note.${open.id}`;
    removed = text.value.trim() ? { ...open, text: text.value } : null;
    if (lesson.value(name) !== null) lesson.change({ [name]: null });
    open = null;
    page.opened(null);
    undo.hidden = removed === null;
    draw(null);
  }

  function bringBack() {
    undo.hidden = true;
    if (!removed) return;
    const { id, ...note } = removed;
    removed = null;
    lesson.change({ [`note.${id}`]: note });
  }

  /** Link the open note to an item, or take the link away. @param {string} code */
  function link(code) {
    if (!open) return;
    open.tags = open.tags.includes(code) ? open.tags.filter((each) => each !== code) : [...open.tags, code];
    page.opened(open);
    keep(false);
    draw(null);
  }

  /** @param {string[] | null} names */
  function draw(names) {
    if (names !== null && !names.some((name) => name.startsWith("note.") || name === "started_at")) return;
    composer.dataset.state = open ? "open" : "closed";
    the(".composer__start", composer).hidden = open !== null;
    the(".composer__open", composer).hidden = open === null;
    if (open) drawOpen(open);
    drawStream();
  }

  /** @param {OpenNote} note */
  function drawOpen(note) {
    const kept = lesson.value(`note.${note.id}`);
    if (kept && !lesson.isUnkept(`note.${note.id}`)) showText(text, kept.text);
    tell(the("[data-note-at]"), minuteOf(note.at_s));
    const tags = the("[data-note-tags]");
    if (tags.dataset.shown === note.tags.join()) return;
    tags.dataset.shown = note.tags.join();
    tags.replaceChildren(...note.tags.map((code) => {
      const about = make("span", { class: "visually-hidden", text: page.textOf(code) });
      const untag = make("button", {}, make("span", { text: code }), make("small", { text: say("sheet.unlink") }), about);
      untag.setAttribute("type", "button");
      untag.addEventListener("click", () => link(code));
      return make("li", {}, untag);
    }));
  }

  function drawStream() {
    const notes = lesson.notes();
    const stream = the("#stream");
    const rows = new Map(every("li", stream).map((item) => [item.dataset.note ?? "", item]));
    const wanted = notes.map((note) => fill(rows.get(note.id) ?? newRow(note.id), note));
    if (wanted.length !== stream.children.length || wanted.some((item, at) => stream.children[at] !== item)) stream.replaceChildren(...wanted);
    the("#stream-empty").hidden = notes.length > 0 || open !== null;
  }

  /** @param {string} id */
  function newRow(id) {
    const item = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (row.content.cloneNode(true)).firstElementChild);
    item.dataset.note = id;
    return item;
  }

  /** @param {HTMLElement} item @param {NamedNote} note */
  function fill(item, note) {
    tell(the(".stream__at", item), minuteOf(note.at_s));
    tell(the(".stream__text", item), note.text);
    tell(the(".stream__tags", item), note.tags.join(" · "));
    item.dataset.open = String(open?.id === note.id);
    return item;
  }

  return {
    draw,
    resume,
    link,
    close,
    /** @param {string} code */
    start: (code) => begin([code]),
    hasOpen: () => open !== null,
    /** @param {string} code */
    isTagged: (code) => open?.tags.includes(code) ?? false,
    /** The button that starts a note shows the minute it would be stamped with. */
    tick: () => tell(the("[data-now-at]"), lesson.value("started_at") ? minuteOf(lesson.elapsedSeconds()) : ""),
  };
}
