// @ts-check
import { DeviceError } from "../local/errors.js";

/** What went wrong on the device, as one word the texts know. @param {unknown} error @returns {string} */
export function asCode(error) {
  return error instanceof DeviceError ? error.code : "failed";
}
