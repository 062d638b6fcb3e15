// @ts-check
/**
 * Alpine's build for strict policies looks at every global once, to know which ones an attribute may not reach. In newer
 * Chromium merely looking at these warns in the console of every page. We use none of them, so they go first.
 */
export const UNUSED = ["fence", "Fence", "FencedFrameConfig", "HTMLFencedFrameElement"];

/** @param {any} globals */
export function dropUnused(globals) {
  for (const name of UNUSED) delete globals[name];
}

dropUnused(globalThis);
