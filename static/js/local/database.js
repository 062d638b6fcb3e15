// @ts-check
/**
 * One connection to one IndexedDB database. The only place that opens transactions: every one that writes is strict,
 * and its promise settles after the browser says the bytes are on the disk.
 *
 * @typedef {import("../../vendor/idb/idb.js").IDBPDatabase<any>} Connection
 * @typedef {import("../../vendor/idb/idb.js").IDBPTransaction<any, any, any>} AnyTx
 * @typedef {{
 *   get(key: any): Promise<any>, getAll(query?: any, count?: number): Promise<any[]>, getKey(key: any): Promise<any>,
 *   openKeyCursor(query: any, direction: IDBCursorDirection): Promise<{key: any} | null>,
 *   count(query?: any): Promise<number>, put(value: any, key?: any): Promise<any>, add(value: any, key?: any): Promise<any>, delete(key: any): Promise<void>,
 *   clear(): Promise<void>, getAllKeys(query?: any): Promise<any[]>,
 *   index(name: string): {getAll(query?: any, count?: number): Promise<any[]>, count(query?: any): Promise<number>},
 * }} Shelf one object store inside a transaction
 * @typedef {(name: string) => Shelf} Shelves
 * @typedef {{
 *   read<T>(stores: string[], work: (shelf: Shelves) => Promise<T>): Promise<T>,
 *   write<T>(stores: string[], work: (shelf: Shelves) => Promise<T>): Promise<T>,
 *   close(): void,
 * }} Database
 */
import { openDB } from "../../vendor/idb/idb.js";
import { DeviceError, asDeviceError, wasClosed } from "./errors.js";

const BLOCKED_MS = 4_000;

/**
 * @param {string} name @param {number} version
 * @param {(database: Connection, from: number, tx: AnyTx) => void | Promise<void>} build makes the stores that are missing
 * @returns {Database}
 */
export function database(name, version, build) {
  /** @type {Promise<Connection> | null} */
  let opening = null;
  let isRetired = false; // a newer version of the app took the database over

  /** @returns {Promise<Connection>} */
  function connection() {
    if (isRetired) return Promise.reject(new DeviceError("newer"));
    opening ??= connect(name, version, build, forget, retire).catch((thrown) => {
      opening = null;
      throw thrown;
    });
    return opening;
  }

  function forget() {
    opening = null;
  }

  function retire() {
    isRetired = true;
    close();
  }

  function close() {
    opening?.then((open) => open.close(), () => {});
    opening = null;
  }

  /**
   * @template T @param {string[]} stores @param {IDBTransactionMode} mode
   * @param {(shelf: Shelves) => Promise<T>} work @returns {Promise<T>}
   */
  async function run(stores, mode, work) {
    const tx = await begin(stores, mode);
    try {
      const result = await work((store) => /** @type {Shelf} */ (/** @type {unknown} */ (tx.objectStore(store))));
      if (mode === "readwrite") commit(tx);
      await tx.done;
      return result;
    } catch (thrown) {
      throw asDeviceError(await giveUp(tx, thrown));
    }
  }

  /** @param {string[]} stores @param {IDBTransactionMode} mode @returns {Promise<AnyTx>} */
  async function begin(stores, mode) {
    try {
      return transaction(await connection(), stores, mode);
    } catch (thrown) {
      if (!wasClosed(thrown)) throw asDeviceError(thrown);
      forget();
    }
    try {
      return transaction(await connection(), stores, mode);
    } catch (thrown) {
      throw asDeviceError(thrown);
    }
  }

  return {
    read: (stores, work) => run(stores, "readonly", work),
    write: (stores, work) => run(stores, "readwrite", work),
    close,
  };
}

/** @param {Connection} open @param {string[]} stores @param {IDBTransactionMode} mode @returns {AnyTx} */
function transaction(open, stores, mode) {
  return mode === "readwrite" ? open.transaction(stores, mode, { durability: "strict" }) : open.transaction(stores, mode);
}

/** Nothing more comes: the disk need not wait until the page has heard of each write. @param {AnyTx} tx */
function commit(tx) {
  try {
    tx.commit();
  } catch {
    // it ended by itself, or is about to fail: `done` says which
  }
}

/** End the transaction and say what really ended it: a full disk shows only there. @param {AnyTx} tx @param {unknown} thrown */
async function giveUp(tx, thrown) {
  try {
    tx.abort();
  } catch {
    // it ended by itself
  }
  const ended = await tx.done.then(() => null, (reason) => reason);
  return ended && ended.name !== "AbortError" ? ended : thrown;
}

/**
 * @param {string} name @param {number} version @param {(database: Connection, from: number, tx: AnyTx) => void | Promise<void>} build
 * @param {() => void} forget @param {() => void} retire @returns {Promise<Connection>}
 */
function connect(name, version, build, forget, retire) {
  if (typeof indexedDB === "undefined") return Promise.reject(new DeviceError("missing"));
  return new Promise((resolve, reject) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let patience;
    let isGivenUp = false;
    const giveUpWaiting = () => {
      isGivenUp = true;
      reject(new DeviceError("blocked"));
    };
    openDB(name, version, {
      upgrade: (open, from, _to, tx) => build(open, from, tx),
      blocked: () => { patience = setTimeout(giveUpWaiting, BLOCKED_MS); },
      blocking: retire,
      terminated: forget,
    }).then((open) => {
      clearTimeout(patience);
      if (isGivenUp) open.close();
      resolve(open);
    }, reject);
  });
}
