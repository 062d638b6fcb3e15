// @ts-check
/**
 * Hands what is written to the tablet, at once for a tap, and in every breath while somebody types. What could not be kept stays
 * here and is tried again, with whatever was written since on top of it.
 *
 * @typedef {import("../here.js").Store} Store
 * @typedef {(record: string, set: Record<string, any>, isTyping?: boolean) => void} Write
 */

const BREATH_MS = 150;
const AGAIN_MS = 4_000;

/**
 * @param {Pick<Store, "keep">} store @param {string} school
 * @param {{known?: (record: string, name: string) => any, keeping: () => void, kept: () => void, failed: (error: unknown) => void}} tell
 */
export function writer(store, school, tell) {
  /** @type {Map<string, Record<string, any>>} */
  const pending = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<void> | null} */
  let running = null;
  /** @type {{record: string, set: Record<string, any>} | null} */
  let onTheWay = null;
  /** What this page put on the disk. @type {Map<string, Record<string, any>>} */
  const stored = new Map();

  /** @type {Write} */
  function write(record, set, isTyping = false) {
    pending.set(record, { ...pending.get(record), ...set });
    tell.keeping();
    if (!isTyping) tryNow();
    else timer ??= setTimeout(tryNow, BREATH_MS); // never put off by the next key: who types on and on is kept too
  }

  /** Everything written so far is on the disk when this resolves. @returns {Promise<void>} */
  function flush() {
    clearTimeout(timer);
    timer = undefined;
    running ??= keepAll().finally(() => { running = null; });
    return running;
  }

  function tryNow() {
    flush().catch(() => {}); // told by keepAll, and tried again
  }

  async function keepAll() {
    while (pending.size) {
      const [record, set] = /** @type {[string, Record<string, any>]} */ (pending.entries().next().value);
      pending.delete(record);
      onTheWay = { record, set };
      try {
        await store.keep({ school, record, set });
        stored.set(record, { ...stored.get(record), ...set });
      } catch (error) {
        pending.set(record, { ...set, ...pending.get(record) });
        tell.failed(error);
        timer = setTimeout(tryNow, AGAIN_MS);
        throw error;
      } finally {
        onTheWay = null;
      }
      if (!pending.size) tell.kept();
    }
  }

  return {
    write,
    flush,
    /** Null when nothing waits. @returns {Promise<void> | null} */
    finish: () => (pending.size || running ? flush() : null),
    /** What is not known to be on the disk, and the values it was written upon. @returns {import("../unkept.js").Edit[]} */
    unkept() {
      const records = new Set([...pending.keys(), ...(onTheWay ? [onTheWay.record] : [])]);
      return [...records].map((record) => {
        const sent = onTheWay?.record === record ? onTheWay.set : {};
        const set = { ...sent, ...pending.get(record) };
        const before = (/** @type {string} */ name) => stored.get(record)?.[name] ?? tell.known?.(record, name) ?? null;
        const upon = Object.fromEntries(Object.keys(set).map((name) => [name, [before(name), ...(Object.hasOwn(sent, name) ? [sent[name]] : [])]]));
        return { school, record, set, upon };
      });
    },
    /** Whether this field has a value that is not on the disk yet. @param {string} record @param {string} name */
    isPending: (record, name) => Object.hasOwn(pending.get(record) ?? {}, name)
      || (onTheWay?.record === record && Object.hasOwn(onTheWay.set, name)),
  };
}
