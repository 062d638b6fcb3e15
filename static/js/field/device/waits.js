// @ts-check
/**
 * What has not reached the centre, why, and as a file.
 *
 * @typedef {import("../here.js").Here} Here
 * @typedef {import("../../local/view.js").RecordView} RecordView
 */
import { exchangeNow, state } from "../../exchange/exchange.js";
import { heldWords } from "../held_words.js";
import { finishing } from "../leaving.js";
import { sinceWhen, timeOfDay } from "../moments.js";
import { zoneOf } from "../page.js";
import { nameOf, roster } from "../roster.js";
import { line, part, reveal, row, show, write } from "../rows.js";
import { problemWords } from "../standing_words.js";
import { say } from "../words.js";

const SHOWN = 30;
const KINDS = ["observation", "step", "visit"];

/** @param {HTMLElement} root @param {Here} here */
export async function drawWaits(root, here) {
  const { store } = here;
  const zone = zoneOf(here, "");
  const [waiting, photos, held, people, ...lists] = await Promise.all([store.waiting(), store.blobs.waiting(), store.held(), roster(store), ...KINDS.map((kind) => store.list(kind))]);
  const views = lists.flat().filter(({ whereabouts }) => whereabouts === "tablet");
  const now = state();
  const words = waiting.since ? say("waits.some", { count: waiting.records, since: sinceWhen(waiting.since, zone) })
    : say(!now.arrivedAt ? "waits.unknown" : photos.length ? "waits.words_arrived" : "waits.nothing");
  write(root, "waits-line", [words, photos.length ? say("state.photos", { count: photos.length }) : ""].filter(Boolean).join(" "));
  const isIdleOffline = now.problem === "offline" && !waiting.since;
  const why = now.problem && !isIdleOffline ? problemWords(now.problem) : "";
  const again = waiting.since && now.retryAt ? say("waits.next_try", { time: timeOfDay(now.retryAt, zone) }) : "";
  write(root, "waits-why", [why, again].filter(Boolean).join(" "));
  show(part(root, "waits-list"), views.slice(0, SHOWN).map((view) => row("waiting-row", {
    what: titleOf(view, people), about: line(view.fields.class_name, view.fields.subject), when: sinceWhen(view.changed_at, zone),
  })));
  write(root, "waits-rest", views.length > SHOWN ? say("waits.more", { count: views.length - SHOWN }) : "");
  const undecided = held.filter(({ verdict }) => verdict === null);
  reveal(root, "held", undecided.length > 0);
  show(part(root, "held-list"), undecided.slice(0, SHOWN).map((each) => row("waiting-row", {
    what: heldWords(each), when: sinceWhen(each.at, zone),
  })));
}

/** Send everything now. @param {HTMLElement} root @param {Here} here */
export async function send(root, here) {
  await finishing();
  await exchangeNow();
  await drawWaits(root, here);
}

/** Everything that is not known to be safe at the centre, as a file of this device. @param {HTMLElement} root @param {Here} here */
export async function saveToFile(root, { store }) {
  try {
    await finishing();
    const file = await store.saveToFile();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    write(root, "waits-done", say("waits.saved", { file: file.name }));
  } catch (error) {
    console.error(error);
    write(root, "waits-done", say("waits.save_failed"));
  }
}

/** @param {RecordView} view @param {import("../roster.js").Roster} people */
function titleOf({ record, fields }, people) {
  const kind = record.split("/")[0];
  const what = kind === "step" ? fields.text ?? "" : nameOf(people, fields.teacher, say("lesson.no_teacher"));
  return say(`waits.kind.${KINDS.includes(kind) ? kind : "other"}`, { what });
}
