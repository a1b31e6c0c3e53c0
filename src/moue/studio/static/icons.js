// @ts-check
/** Line icons, 16 px. They are decoration: the button or text beside them has the name. */

import { html } from "./vendor/preact.js";

const PATHS = {
  play: "M5 3.5v9l7-4.500z",
  stop: "M4.5 4.500h7v7h-7z",
  keyboard: "M1.5 4.500h13v7h-13zM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.500h6",
  sun: "M8 5.200a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.600M8 1.500v1.300M8 13.200v1.300M1.5 8h1.300M13.2 8h1.300M3.4 3.400l.9.9M11.7 11.700l.9.9M3.4 12.600l.9-.9M11.7 4.300l.9-.9",
  moon: "M13 9.500A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.500z",
  system: "M2 3h12v8H2zM6 13.500h4M8 11v2.5",
  globe: "M8 1.800a6.2 6.2 0 1 0 0 12.400A6.2 6.2 0 0 0 8 1.800M2 8h12M8 2c2 1.7 2.5 4 2.5 6S10 12.3 8 14c-2-1.7-2.5-4-2.5-6S6 3.7 8 2",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.500l3.2 3.200L13 5",
  undo: "M6 3.500L3 6.500l3 3M3.5 6.500H10a3 3 0 0 1 0 6H7",
  redo: "M10 3.500l3 3-3 3M12.5 6.500H6a3 3 0 0 0 0 6h3",
  trash: "M3 4.500h10M6.5 4V2.800h3V4M4.5 4.500l.6 8.700h5.800l.6-8.7",
  drop: "M3.5 8h9",
  restore: "M8 3v10M3 8h10",
  search: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3.5 3.5",
  filter: "M2 4h12M4.5 8h7M6.5 12h3",
  left: "M10 3.500L5.5 8l4.5 4.5",
  right: "M6 3.500L10.5 8 6 12.5",
  down: "M3.5 6L8 10.5 12.5 6",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 7.200v3.600M8 5h.01",
  warning: "M8 2.500l6 11H2zM8 6.700v3M8 11.500h.01",
  settings: "M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M10.5 3v3M5.5 10v3",
  camera: "M2 5h2.500l1-1.500h5L11.5 5H14v7.500H2zM8 6.500a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4",
  upload: "M8 11V3.500M5 6.200L8 3.300l3 2.900M3 12.700h10",
  book: "M3 3h4a1 1 0 0 1 1 1v9a1.5 1.5 0 0 0-1.5-1H3zM13 3H9a1 1 0 0 0-1 1v9a1.5 1.5 0 0 1 1.5-1H13z",
  grid: "M2.5 2.500h4.500v4.500H2.500zM9 2.500h4.500v4.500H9zM2.5 9h4.500v4.500H2.500zM9 9h4.500v4.500H9z",
  eye: "M1.5 8c2-3.3 4.2-4.5 6.5-4.500S12.5 4.7 14.5 8c-2 3.3-4.2 4.5-6.5 4.500S3.5 11.3 1.5 8zM8 6.200a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6",
  external: "M6.5 3.500h-3v9h9v-3M9 2.500h4.500V7M13 3L7.5 8.5",
};

/** @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} /></svg>`;
}
