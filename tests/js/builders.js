// @ts-check
/** Devices and lines, with only what matters named. */
import "fake-indexeddb/auto";
import { open } from "../../static/js/local/records.js";
import { LARGEST, exchangeAll } from "../../static/js/exchange/round.js";

export const SCHOOL = "s1";
export const RECORD = "observation/r1";
let made = 0;

/** Node waits for open channels; a page does not. */
globalThis.BroadcastChannel = class extends BroadcastChannel {
  /** @param {string} name */
  constructor(name) {
    super(name);
    this.unref();
  }
};

/** A word nobody used before. @param {string} stem */
export function fresh(stem) {
  return `${stem}${String(made++).padStart(4, "0")}`;
}

/**
 * A paired device; `exchange` does what the pages do, over `line`.
 * @param {import("./centre.js").Centre} centre
 * @param {{person?: string, replica?: string, line?: typeof fetch, nowMs?: () => number}} [wanted]
 */
export async function aDevice(centre, { person = fresh("person"), replica = fresh("rep"), line = centre.fetch, nowMs = ticking() } = {}) {
  const store = open(person, { nowMs });
  const pairing = centre.pair(replica, person);
  await store.adopt(pairing);
  const device = {
    person, replica, store, line, size: LARGEST, pairing,
    /** @param {Record<string, any>} set @param {string} [record] */
    write: (set, record = RECORD) => device.store.keep({ school: SCHOOL, record, set }),
    async exchange() {
      const finished = await exchangeAll(device.store, { fetch: device.line, nowMs }, device.size);
      device.size = finished.size;
      return finished;
    },
    /** @param {string} [record] */
    read: (record = RECORD) => device.store.read(record),
    /** @param {string} name @param {string} [record] @returns {Promise<any>} */
    async value(name, record = RECORD) {
      return (await device.store.read(record)).fields[name];
    },
  };
  return device;
}

/** A clock that moves on by itself. */
export function ticking(fromMs = Date.UTC(2026, 10, 22, 3), byMs = 1000) {
  let nowMs = fromMs;
  return () => (nowMs += byMs);
}

/** The centre stores, and the answer is lost. @param {import("./centre.js").Centre} centre @returns {typeof fetch} */
export function losesAnswers(centre) {
  return async (address, init) => {
    await centre.fetch(address, init);
    throw new TypeError("network");
  };
}

/** @param {string} text @param {number} [status] @returns {typeof fetch} */
export function says(text, status = 200) {
  return async () => new Response(text, { status, headers: { "Content-Type": "text/html" } });
}

/** Everything in the outbox. @param {import("../../static/js/local/records.js").Store} store @returns {Promise<import("../../static/js/local/shelves.js").OutboxRow[]>} */
export async function outbox(store) {
  return store.look(["outbox"], (shelf) => shelf("outbox").getAll());
}
