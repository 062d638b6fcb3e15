// @ts-check

/**
 * The device could not do it. `code` is for the page, which says it in the person's language:
 * - `full`      no room left: nothing was kept, free some space and do it again
 * - `closed`    the browser closed the database and would not open it again: reload
 * - `newer`     the database is of a newer version of the app: reload to get that version
 * - `blocked`   another tab holds an old version open: close it
 * - `missing`   this browser keeps nothing (private window, storage turned off)
 * - `unpaired`  this person has not signed in on this device yet
 * - `failed`    anything else the browser reports
 */
export class DeviceError extends Error {
  /** @param {"full"|"closed"|"newer"|"blocked"|"missing"|"unpaired"|"failed"} code @param {unknown} [cause] */
  constructor(code, cause) {
    super(`this device could not keep or read the records: ${code}`, { cause });
    this.name = "DeviceError";
    this.code = code;
  }
}

/** What the browser threw, as one of ours. @param {unknown} thrown @returns {Error} */
export function asDeviceError(thrown) {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  if (thrown instanceof DeviceError) return thrown;
  if (name === "QuotaExceededError") return new DeviceError("full", thrown);
  if (name === "VersionError") return new DeviceError("newer", thrown);
  if (wasClosed(thrown)) return new DeviceError("closed", thrown);
  if (["UnknownError", "AbortError", "DataError", "TransactionInactiveError", "ReadOnlyError", "NotFoundError"].includes(name)) {
    return new DeviceError("failed", thrown);
  }
  return thrown instanceof Error ? thrown : new DeviceError("failed", thrown);
}

/** Whether the connection went away under us, as iOS and a cleared disk do. @param {unknown} thrown @returns {boolean} */
export function wasClosed(thrown) {
  return thrown instanceof Error && thrown.name === "InvalidStateError"
    || thrown instanceof DOMException && thrown.name === "InvalidStateError";
}
