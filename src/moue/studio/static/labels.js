// @ts-check
/** Colour, sign and key of each label. The colours are the ones of `media/draw.py`. */

import { computed } from "./vendor/preact.js";
import { state } from "./api.js";

const COLOURS = { none: "#7c8aa5", pout: "#c2559d", smile: "#e0922f", open: "#2f8fd0" };
const MORE = ["#3fa66b", "#8a5fd3", "#c4513b", "#1f9a9a", "#a3861d", "#7a5138", "#d873a0", "#4a57b8"];

/** @typedef {{name: string, colour: string, ink: string, sign: string, key: string}} Label */

/** The labels of the workspace, in their order. */
export const labels = computed(() => describe(state.value?.labels ?? Object.keys(COLOURS)));
const byName = computed(() => new Map(labels.value.map((label) => [label.name, label])));

/** @param {string} name @returns {Label} */
export function labelOf(name) {
  return byName.value.get(name) ?? { name, colour: "#6b6f76", ink: "#fff", sign: name.slice(0, 1), key: "" };
}

/** @param {string[]} names @returns {Label[]} */
export function describe(names) {
  let others = 0;
  return names.map((name, index) => {
    const colour = COLOURS[name] ?? other(others++);
    return { name, colour, ink: ink(colour), sign: sign(name, names), key: index < 9 ? String(index + 1) : "" };
  });
}

/** @param {number} index */
function other(index) {
  if (index < MORE.length) return MORE[index];
  const hue = Math.round(((index * 0.618034) % 1) * 360);
  return hex(hue, 0.35 + 0.25 * (index % 2), 0.5);
}

/** @param {number} hue degrees @param {number} light @param {number} saturation */
function hex(hue, light, saturation) {
  const a = saturation * Math.min(light, 1 - light);
  const part = (/** @type {number} */ k) => {
    const at = (k + hue / 30) % 12;
    return Math.round(255 * (light - a * Math.max(-1, Math.min(at - 3, 9 - at, 1)))).toString(16).padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

/** Black or white, whichever is easier to read on a colour. @param {string} colour */
function ink(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.179 ? "#000" : "#fff";
}

/** The shortest beginning that no other label has, two characters at most. */
function sign(/** @type {string} */ name, /** @type {string[]} */ names) {
  const first = [...name].slice(0, 1).join("");
  const alone = names.filter((one) => one.startsWith(first)).length < 2;
  return alone ? first : [...name].slice(0, 2).join("");
}
