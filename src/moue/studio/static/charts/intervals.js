// @ts-check
/** Rows of proportions with their confidence intervals, and the small multiples of robustness. */
import { html } from "../vendor/preact.js";
import { number, percent, t } from "../i18n.js";
import { path, scale } from "./scale.js";

/** @typedef {{value: number | null, interval: [number, number] | null, count: number}} Rate */

/**
 * Show one proportion as a point on its 95 % interval.
 * @param {{rate: Rate, low: number, reference?: number | null}} props
 *   `low` is the left end of the scale, which ends at 1; `reference` is drawn as a line.
 */
export function IntervalBar({ rate, low, reference }) {
  const x = scale(low, 1, 2, 158);
  const { value, interval } = rate;
  if (value === null) return html`<span class="muted">–</span>`;
  const text = interval ? t("{value}, 95 % interval {low} to {high}", { value: percent(value, 1), low: percent(interval[0], 1), high: percent(interval[1], 1) }) : percent(value, 1);
  return html`<svg class="interval" viewBox="0 0 160 16" preserveAspectRatio="none" role="img" aria-label=${text}>
    <line class="base" x1="2" x2="158" y1="8" y2="8" />
    ${reference !== null && reference !== undefined && html`<line class="reference" x1=${x(reference)} x2=${x(reference)} y1="1" y2="15" />`}
    ${interval && html`<line class="range" x1=${x(interval[0])} x2=${x(interval[1])} y1="8" y2="8" />`}
    <line class="value" x1=${x(value)} x2=${x(value)} y1="3" y2="13" />
  </svg>`;
}

/**
 * Show the accuracy by the severity of one corruption.
 * @param {{name: string, unit: string, points: {severity: number | null, accuracy: Rate}[], neutral: number, low: number}} props
 */
export function Severity({ name, unit, points, neutral, low }) {
  const x = scale(0, Math.max(1, points.length - 1), 14, 186);
  const y = scale(low, 1, 70, 8);
  const known = points.map((point) => point.accuracy.value);
  const line = known.map((value, index) => (value === null ? null : /** @type {[number, number]} */ ([x(index), y(value)])));
  const worst = Math.min(...known.map((value) => value ?? 1));
  const base = known[neutral];
  return html`<figure class="chart severity">
    <figcaption><strong>${name}</strong><span>${percent(worst)}</span></figcaption>
    <svg viewBox="0 0 200 92" role="img" aria-label=${t("{name}: accuracy at least {worst}", { name, worst: percent(worst, 1) })}>
      ${base !== null && base !== undefined && html`<line class="reference" x1="8" x2="192" y1=${y(base)} y2=${y(base)} />`}
      <path class="line" d=${path(line)} />
      ${points.map((point, index) => known[index] !== null && html`<circle class=${index === neutral ? "dot neutral" : "dot"} cx=${x(index)} cy=${y(known[index] ?? 0)} r=${index === neutral ? 4 : 3}>
        <title>${point.severity === null ? "" : `${number(point.severity)} ${unit}: `}${percent(known[index] ?? 0, 1)}</title>
      </circle>`)}
      ${points.map((point, index) => point.severity !== null && (index % 2 === neutral % 2 || points.length < 6) && html`<text x=${x(index)} y="86" text-anchor="middle">${number(point.severity)}</text>`)}
    </svg>
  </figure>`;
}
