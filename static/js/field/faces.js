// @ts-check
/**
 * Photos and recordings as they are seen and heard on a page: from this device, or fetched from the centre.
 *
 * @typedef {import("./here.js").Store} Store
 * @typedef {{sha256: string, type: string, bytes: number, caption: string, at_s: number, tags: string[]}} Attachment
 * @typedef {Attachment & {id: string}} NamedAttachment
 */
import { fetchBlob } from "../exchange/blobs.js";
import { say } from "./words.js";

/** Those of a record, in the order of their minutes. @param {Record<string, any>} fields @returns {NamedAttachment[]} */
export function attachmentsOf(fields) {
  return Object.entries(fields)
    .filter(([name, value]) => name.startsWith("attachment.") && value)
    .map(([name, value]) => ({ ...value, id: name.slice("attachment.".length) }))
    .sort((one, other) => one.at_s - other.at_s || (one.id < other.id ? -1 : 1));
}

/** @param {Store} store @param {{record: string, school: string}} where */
export function faces(store, { record, school }) {
  /** @type {Map<string, string>} addresses of what is in this page's memory */
  const addresses = new Map();

  /** @param {Attachment} of @param {boolean} isSmall @returns {Promise<string | null>} */
  async function address({ sha256, type }, isSmall) {
    const key = `${sha256} ${isSmall}`;
    const known = addresses.get(key);
    if (known) return known;
    const data = await store.blobs.bytes(sha256, isSmall) ?? await fetchBlob(store, { sha256, record, school, type }, isSmall);
    if (!data) return null;
    addresses.set(key, URL.createObjectURL(new Blob([data], { type: isSmall ? "image/jpeg" : type })));
    return addresses.get(key) ?? null;
  }

  /** Put the picture, or something to listen with, into `place`. Nothing large is fetched before it is asked for.
   * @param {HTMLElement} place @param {Attachment} of */
  async function fill(place, of) {
    if (place.dataset.of === of.sha256) return;
    place.dataset.of = of.sha256;
    if (of.type.startsWith("image/")) await showPicture(place, of);
    else await showSound(place, of);
  }

  /** @param {HTMLElement} place @param {Attachment} of */
  async function showPicture(place, of) {
    const small = await address(of, true);
    if (!small) return missing(place);
    const picture = document.createElement("img");
    picture.src = small;
    picture.alt = of.caption || say("shot.photo");
    const open = document.createElement("button");
    open.type = "button";
    open.append(picture);
    open.addEventListener("click", async () => { picture.src = await address(of, false) ?? small; });
    place.replaceChildren(open);
  }

  /** @param {HTMLElement} place @param {Attachment} of */
  async function showSound(place, of) {
    const isHere = await store.blobs.bytes(of.sha256) !== null;
    if (isHere) return playing(place, of);
    const open = document.createElement("button");
    open.type = "button";
    open.className = "button";
    open.textContent = say("shot.listen");
    open.addEventListener("click", () => playing(place, of));
    place.replaceChildren(open);
  }

  /** @param {HTMLElement} place @param {Attachment} of */
  async function playing(place, of) {
    const whole = await address(of, false);
    if (!whole) return missing(place);
    const player = document.createElement("audio");
    player.controls = true;
    player.src = whole;
    player.setAttribute("aria-label", of.caption || say("shot.sound"));
    place.replaceChildren(player);
  }

  /** @param {HTMLElement} place */
  function missing(place) {
    delete place.dataset.of;
    place.textContent = say("shot.not_here");
  }

  return { fill };
}
