// @ts-check

const PHONE_PX = 600;

/** Whether this is held like a phone: its shorter side is small. @returns {boolean} */
export function isPhone() {
  return Math.min(screen.width, screen.height) < PHONE_PX;
}
