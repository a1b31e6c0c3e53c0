// @ts-check
/** Bars of a distribution, and a line to drag: by pointer, or by the arrow keys. */

import { html, useRef } from "../vendor/preact.js";
import { number, t } from "../i18n.js";

const WIDTH = 640;
const HEIGHT = 160;

/** @param {{data: any, threshold: number, onChange: (value: number) => void, label: string}} props */
export function Histogram({ data, threshold, onChange, label }) {
  const svg = useRef(/** @type {SVGSVGElement | null} */ (null));
  const handle = useRef(/** @type {HTMLElement | null} */ (null));
  const { edges, counts } = data;
  const scale = (/** @type {number} */ value) => (data.log ? Math.log(Math.max(value, 1e-9)) : value);
  const low = scale(edges[0] > 0 || !data.log ? edges[0] : edges[1] / 2);
  const high = scale(edges[edges.length - 1]);
  const x = (/** @type {number} */ value) => Math.max(0, Math.min(WIDTH, ((scale(value) - low) / (high - low || 1)) * WIDTH));
  const most = Math.max(1, ...counts);
  const fromX = (/** @type {number} */ at) => {
    const value = low + Math.max(0, Math.min(1, at)) * (high - low);
    return round(data.log ? Math.exp(value) : value);
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = /** @type {SVGSVGElement} */ (svg.current).getBoundingClientRect();
    if (event.type === "pointerdown") {
      svg.current?.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.current?.focus();
    }
    onChange(fromX((event.clientX - box.left) / box.width));
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (event.key === "Home" || event.key === "End") onChange(fromX(event.key === "Home" ? 0 : 1));
    else if (step) onChange(fromX(x(Number(handle.current?.getAttribute("aria-valuenow") ?? threshold)) / WIDTH + step / 200));
    else return;
    event.preventDefault();
  };
  const at = x(threshold);
  const drops = (/** @type {number} */ index) => {
    const middle = (edges[index] + edges[index + 1]) / 2;
    return data.direction === "below" ? middle < threshold : middle > threshold;
  };
  return html`<div class="histogram"><svg ref=${svg} viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"
      onPointerDown=${drag} onPointerMove=${drag} aria-hidden="true">
      ${counts.map((count, index) => {
        const left = x(edges[index]);
        const height = (Math.sqrt(count) / Math.sqrt(most)) * (HEIGHT - 8);
        return html`<rect key=${index} class=${drops(index) ? "dropped" : "kept"} x=${left} width=${Math.max(1, x(edges[index + 1]) - left - 1)}
          y=${HEIGHT - height} height=${height} />`;
      })}</svg>
    <div class="handle" ref=${handle} role="slider" tabindex="0" aria-label=${t("Threshold of {measure}", { measure: label })}
      aria-valuemin=${round(data.log ? Math.exp(low) : low)} aria-valuemax=${edges[edges.length - 1]} aria-valuenow=${threshold}
      style=${{ left: `${(100 * at) / WIDTH}%` }} onKeyDown=${keys}><span class="handle-grip" /></div>
    <div class="axis figure muted" aria-hidden="true"><span>${number(round(data.log ? Math.exp(low) : low))}</span>
      <span>${data.direction === "below" ? t("← dropped") : t("dropped →")}</span><span>${number(round(edges[edges.length - 1]))}</span></div></div>`;
}

/** Three significant digits. @param {number} value */
const round = (value) => Number(value.toPrecision(3));
