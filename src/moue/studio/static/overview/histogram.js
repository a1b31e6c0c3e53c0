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
  // The note stands on the side that is dropped, or on the other one where there is no room.
  const onRight = data.direction === "below" ? at < WIDTH / 4 : at < (3 * WIDTH) / 4;
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
      style=${{ left: `${(100 * at) / WIDTH}%` }} onKeyDown=${keys}><span class="handle-grip" />
      <span class="handle-note ${onRight ? "right" : ""}" aria-hidden="true">${data.direction === "below" ? t("← dropped") : t("dropped →")}</span></div>
    <div class="axis figure muted" aria-hidden="true">${marks(data.log ? Math.exp(low) : low, edges[edges.length - 1], data.log, (value) => x(value) / WIDTH).map(({ value, place }) => html`
      <span key=${value} class=${place < 0.02 ? "start" : place > 0.98 ? "end" : ""} style=${{ left: `${100 * place}%` }}>${number(value, { maximumSignificantDigits: 3 })}</span>`)}</div>
    <p class="muted small-text" aria-hidden="true">${data.log ? t("{measure}, logarithmic scale", { measure: label }) : label}</p></div>`;
}

const NEAR = 0.13; // share of the width that a number on the axis needs

/**
 * Numbers on the axis: the ends, and round values between them.
 * @param {number} low @param {number} high @param {boolean} log @param {(value: number) => number} place from 0 to 1
 */
function marks(low, high, log, place) {
  const ends = [round(low), round(high)].map((value, index) => ({ value, place: index }));
  const found = log ? [] : Array.from({ length: 9 }, (_, index) => round(low + ((index + 1) / 10) * (high - low)));
  for (let power = Math.floor(Math.log10(Math.max(low, 1e-9))); log && power <= Math.log10(high); power++) found.push(...[1, 2, 5].map((digit) => round(digit * 10 ** power)));
  const kept = [...ends];
  for (const value of [...found].sort((a, b) => weight(b) - weight(a))) {
    const at = place(value);
    if (value > low && value < high && kept.every((one) => Math.abs(one.place - at) > NEAR)) kept.push({ value, place: at });
  }
  return kept;
}

/** Powers of ten come before other values. @param {number} value */
const weight = (value) => Number(Number.isInteger(Math.log10(value)));

/** Three significant digits. @param {number} value */
const round = (value) => Number(value.toPrecision(3));
