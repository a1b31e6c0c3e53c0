// @ts-check
/** A function of two variables as bands of colour, under the marks of a chart. */
import { h, rgb, s } from "./parts.js";

/**
 * Return an SVG image of a function over the area of a chart.
 * @param {import("./chart.js").Chart} chart
 * @param {(x: number, y: number) => number} level value from 0 (low) to 1 (high); others are clipped
 * @param {{bands?: number, cells?: number}} [options]
 */
export function heat(chart, level, { bands = 14, cells = 96 } = {}) {
  const low = rgb(chart.svg, "--f-high");
  const high = rgb(chart.svg, "--f-low");
  const element = /** @type {HTMLCanvasElement} */ (h("canvas", { width: cells, height: cells }));
  const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const image = pen.createImageData(cells, cells);
  const { ax, ay } = chart;
  for (let j = 0; j < cells; j += 1) {
    const y = ay.max - ((j + 0.5) / cells) * (ay.max - ay.min);
    for (let i = 0; i < cells; i += 1) {
      const raw = level(ax.min + ((i + 0.5) / cells) * (ax.max - ax.min), y);
      const value = Number.isFinite(raw) ? Math.min(1, Math.max(0, raw)) : 1;
      const part = Math.round(value * bands) / bands;
      for (let c = 0; c < 3; c += 1) image.data[4 * (j * cells + i) + c] = low[c] * (1 - part) + high[c] * part;
      image.data[4 * (j * cells + i) + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return s("image", {
    href: element.toDataURL(), x: chart.left, y: chart.top, width: chart.right - chart.left,
    height: chart.bottom - chart.top, preserveAspectRatio: "none",
  });
}
