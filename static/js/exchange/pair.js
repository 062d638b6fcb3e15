// @ts-check
/**
 * Make this device one of the signed-in person's replicas.
 *
 * @typedef {import("../local/records.js").Store} Store
 * @typedef {import("../local/shelves.js").Pairing} Pairing
 */
import { newKey } from "../lib/seal.js";
import { setCurrent } from "../local/device.js";
import { open } from "../local/records.js";

/** The centre would not pair this device. `status` is 0 when it could not be reached at all. */
export class PairingFailed extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.name = "PairingFailed";
    this.status = status;
  }
}

/**
 * Pair this device, called `name`, for whoever is signed in. A person whose pairing here is still good keeps it, with
 * all that waits; otherwise what was never acknowledged goes on under the new replica.
 * @param {{name: string, csrf: string, language?: string, person?: string}} request `person`: who is signed in, when known
 * @returns {Promise<Pairing>}
 */
export async function pair({ name, csrf, language = document.documentElement.lang || "id", person }) {
  const before = person === undefined ? null : await livePairing(person);
  const pairing = before ?? await ask(name, csrf, await newKey());
  await keepFor(pairing);
  await setCurrent({ person: pairing.person, name: pairing.name, language });
  return pairing;
}

/** @param {string} person @returns {Promise<Pairing | null>} */
async function livePairing(person) {
  return withStore(person, async (store) => {
    const { pairing, standing } = await store.standing();
    return standing === null ? pairing : null;
  });
}

/** @param {Pairing} pairing */
async function keepFor(pairing) {
  await withStore(pairing.person, async (store) => {
    const before = await store.standing();
    if (before.pairing?.replica === pairing.replica) return;
    await store.adopt(pairing).catch((thrown) => {
      if (!pairing.key) throw thrown;
      return store.adopt({ ...pairing, key: undefined }); // a browser that keeps no keys: its files have no seal
    });
  });
}

/** @template T @param {string} person @param {(store: Store) => Promise<T>} work @returns {Promise<T>} */
async function withStore(person, work) {
  const store = open(person);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

/** @param {string} name @param {string} csrf @param {import("../lib/seal.js").SealingKey | null} key @returns {Promise<Pairing>} */
async function ask(name, csrf, key) {
  const response = await fetch("/sync/v1/pair", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(key ? { protocol: 1, name, key: key.told } : { protocol: 1, name }),
    credentials: "same-origin",
    redirect: "manual",
    cache: "no-store",
  }).catch((thrown) => {
    throw new PairingFailed(0, String(thrown));
  });
  const said = await response.json().catch(() => null);
  if (response.status !== 201 || !isPairing(said)) throw new PairingFailed(response.status, said?.detail ?? said?.title ?? "");
  const { replica, token, person, schools } = said;
  const pairing = { replica, token, person, name: said.name ?? "", schools };
  return key ? { ...pairing, key: key.mine } : pairing;
}

/** @param {any} said @returns {said is Pairing} */
function isPairing(said) {
  return [said?.replica, said?.token, said?.person].every((text) => typeof text === "string" && text !== "") && Array.isArray(said.schools);
}
