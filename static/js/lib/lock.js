// @ts-check

/**
 * Do `work` unless another page of this browser holds the lock. Plain-http pages have no Web Locks: there it is done.
 * @param {string} name @param {() => Promise<void>} work @returns {Promise<boolean>} whether it was done
 */
export async function unlessHeld(name, work) {
  if (!canLock()) {
    await work();
    return true;
  }
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** @returns {boolean} */
export function canLock() {
  return Boolean(navigator.locks);
}
