// @ts-check
/** The photos and recordings of an observation, small until somebody taps one. */
import { attachmentsOf, faces } from "../faces.js";
import { minuteOf } from "../minutes.js";
import { line, part, reveal, row } from "../rows.js";

/** @param {HTMLElement} root @param {import("../here.js").Here} here @param {import("../../local/view.js").RecordView} view */
export function drawShots(root, { store }, { record, school, fields }) {
  const shots = attachmentsOf(fields);
  const list = part(root, "shots-list");
  const now = JSON.stringify(shots);
  reveal(root, "shots", shots.length > 0);
  if (list.dataset.shown === now) return;
  list.dataset.shown = now;
  const face = faces(store, { record, school });
  list.replaceChildren(...shots.map((shot) => {
    const item = row("shot-item", { at: line(minuteOf(shot.at_s), shot.tags.join(", ")), caption: shot.caption });
    const place = /** @type {HTMLElement} */ (item.querySelector("[data-face]"));
    face.fill(place, shot).then(() => { if (!place.dataset.of) delete list.dataset.shown; }); // it is tried again
    return item;
  }));
}
