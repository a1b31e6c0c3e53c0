// @ts-check
/** The occlusion map: how much the probability falls when a patch of the mouth is covered. */
import { html, useEffect, useRef } from "../vendor/preact.js";

/**
 * @typedef {object} Occlusion
 * @property {number} rows
 * @property {number} cols
 * @property {number[][]} values Support of the label by row and column; negative values contradict it.
 * @property {string} label
 * @property {number} [area] Side of the map as a fraction of the side of the picture; 1 without it.
 */

/**
 * Draw an occlusion map over a picture of the same square.
 * Warm: covering lowers the probability, so the model uses that part. Cold: covering raises it.
 * @param {{map: Occlusion, opacity: number}} props
 */
export function HeatMap({ map, opacity }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => paint(/** @type {HTMLCanvasElement} */ (canvas.current), map), [map]);
  const area = map.area ?? 1;
  const style = { opacity, transform: area === 1 ? "none" : `scale(${area})` };
  return html`<canvas class="heat" ref=${canvas} aria-hidden="true" style=${style}></canvas>`;
}

/** @param {HTMLCanvasElement} canvas @param {Occlusion} map */
function paint(canvas, map) {
  const { rows, cols } = map;
  const values = map.values.flat();
  const strongest = Math.max(1e-6, ...values.map(Math.abs));
  canvas.width = cols;
  canvas.height = rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(cols, rows);
  values.forEach((value, index) => image.data.set(heat(value / strongest), 4 * index));
  context.putImageData(image, 0, 0);
}

/**
 * Return the colour of a value in [-1, 1], (red, green, blue, opacity) in [0, 255].
 * @param {number} value
 */
export function heat(value) {
  const strength = Math.abs(value);
  const [red, green, blue] = value >= 0 ? [255, 120 - 80 * strength, 20] : [40, 120, 255];
  return [red, green, blue, 225 * strength ** 1.2];
}
