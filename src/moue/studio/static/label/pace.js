// @ts-check
/** How fast a person labels, and how long the page takes from a key to the next mouth. */

import { signal } from "../vendor/preact.js";

const BREAK = 20_000; // a longer pause is no labelling time

/** Labels of this visit. */
export const count = signal(0);
/** Labels per minute; null at the start. */
export const perMinute = signal(/** @type {number | null} */ (null));

let last = 0;
let active = 0;

/** Note a label, and measure the time from its key to the next picture on the screen. @param {Event} [event] */
export function note(event) {
  const now = performance.now();
  if (last && now - last < BREAK) active += now - last;
  last = now;
  count.value += 1;
  perMinute.value = count.value > 4 && active > 0 ? ((count.value - 1) / active) * 60_000 : null;
  if (event) requestAnimationFrame(() => setTimeout(() => measure(event.timeStamp), 0));
}

/** @param {number} start */
function measure(start) {
  if (performance.getEntriesByName("key to next mouth").length >= 1000) performance.clearMeasures();
  performance.measure("key to next mouth", { start, end: performance.now() });
}
