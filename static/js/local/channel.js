// @ts-check
/**
 * Tells the other tabs, and this one, that something changed.
 *
 * @typedef {{person: string, records: string[] | null}} News the records that changed; null means many, or the state
 */

/**
 * @param {string} person
 * @returns {{tell(records: string[] | null): void, listen(hear: (news: News) => void): () => void, close(): void}}
 */
export function channel(person) {
  /** @type {Set<(news: News) => void>} */
  const listeners = new Set();
  let tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("observe");
  if (tabs) tabs.onmessage = ({ data }) => { if (data?.person === person) hearAll(data); };

  /** @param {News} news */
  function hearAll(news) {
    for (const hear of listeners) hear(news);
  }

  return {
    tell(records) {
      const news = { person, records };
      tabs?.postMessage(news);
      hearAll(news);
    },
    listen(hear) {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    close() {
      listeners.clear();
      tabs?.close();
      tabs = null; // what is kept after this is kept; there is nobody left to tell
    },
  };
}
