// @ts-check
/** Charts of how far a probability can be believed: the reliability diagram and the coverage curve. */
import { html } from "../vendor/preact.js";
import { percent, t } from "../i18n.js";
import { path, scale, ticks } from "./scale.js";

const SIDE = 260;
const LEFT = 36;
const BOTTOM = 226;
const TOP = 10;
const RIGHT = 250;

/**
 * One bin of the reliability diagram.
 * @typedef {{low: number, high: number, count: number, confidence: number | null, accuracy: number | null}} CalibrationBin
 */

/**
 * Show accuracy by probability. A calibrated model lies on the diagonal; the area of a point is the
 * number of its mouths.
 * @param {{bins: CalibrationBin[], ece: number | null}} props
 */
export function Reliability({ bins, ece }) {
  const x = scale(0, 1, LEFT, RIGHT);
  const y = scale(0, 1, BOTTOM, TOP);
  const filled = bins.filter((bin) => bin.count && bin.confidence !== null && bin.accuracy !== null);
  const most = Math.max(1, ...filled.map((bin) => bin.count));
  const points = filled.map((bin) => /** @type {[number, number]} */ ([x(bin.confidence ?? 0), y(bin.accuracy ?? 0)]));
  const error = ece === null ? "–" : percent(ece, 1);
  return html`<figure class="chart square">
    <figcaption><strong>${t("Reliability")}</strong><span>${t("expected calibration error {error}", { error })}</span></figcaption>
    <svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label=${t("Accuracy by predicted probability; expected calibration error {error}", { error })}>
      <${Frame} x=${x} y=${y} xTitle=${t("probability")} yTitle=${t("accuracy")} />
      <line class="diagonal" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)} />
      ${filled.map((bin) => html`<line class="gap" x1=${x(bin.confidence ?? 0)} x2=${x(bin.confidence ?? 0)} y1=${y(bin.confidence ?? 0)} y2=${y(bin.accuracy ?? 0)} />`)}
      <path class="line" d=${path(points)} />
      ${filled.map((bin, index) => html`<circle class="dot" cx=${points[index][0]} cy=${points[index][1]} r=${2.5 + 6 * Math.sqrt(bin.count / most)}>
        <title>${t("{count} mouths, probability {probability}, accuracy {accuracy}", { count: bin.count, probability: percent(bin.confidence ?? 0), accuracy: percent(bin.accuracy ?? 0) })}</title>
      </circle>`)}
    </svg>
  </figure>`;
}

/**
 * Show the accuracy on the mouths that a model answers, by the share that it answers.
 * @param {{points: {coverage: number, accuracy: number | null, threshold?: number}[]}} props
 */
export function Coverage({ points }) {
  const known = points.filter((point) => point.accuracy !== null).sort((a, b) => a.coverage - b.coverage);
  const least = Math.min(0.9, ...known.map((point) => Math.floor(10 * (point.accuracy ?? 1)) / 10));
  const x = scale(0, 1, LEFT, RIGHT);
  const y = scale(least, 1, BOTTOM, TOP);
  const line = known.map((point) => /** @type {[number, number]} */ ([x(point.coverage), y(point.accuracy ?? 0)]));
  const all = known[known.length - 1];
  const half = [...known].reverse().find((point) => point.coverage <= 0.8);
  const text = half
    ? t("{accuracy} at {coverage} coverage", { accuracy: percent(half.accuracy ?? 0, 1), coverage: percent(half.coverage) })
    : "";
  return html`<figure class="chart square">
    <figcaption><strong>${t("Coverage")}</strong><span>${text}</span></figcaption>
    <svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label=${t("Accuracy by the share of mouths that the model answers")}>
      <${Frame} x=${x} y=${y} low=${least} xTitle=${t("answered")} yTitle=${t("accuracy")} />
      <path class="line" d=${path(line)} />
      ${all && html`<circle class="dot" cx=${x(all.coverage)} cy=${y(all.accuracy ?? 0)} r="4" />`}
    </svg>
  </figure>`;
}

/** @param {{x: (v: number) => number, y: (v: number) => number, low?: number, xTitle: string, yTitle: string}} props */
function Frame({ x, y, low = 0, xTitle, yTitle }) {
  const rows = ticks(low, 1, 5);
  return html`<g class="frame">
    ${rows.map((value) => html`<line x1=${LEFT} x2=${RIGHT} y1=${y(value)} y2=${y(value)} />
      <text x=${LEFT - 5} y=${y(value) + 3.5} text-anchor="end">${Math.round(100 * value)}</text>`)}
    ${[0, 0.5, 1].map((value) => html`<text x=${x(value)} y=${BOTTOM + 14} text-anchor=${value === 1 ? "end" : value ? "middle" : "start"}>${100 * value}</text>`)}
    <text x=${(LEFT + RIGHT) / 2} y=${SIDE - 4} text-anchor="middle">${xTitle} %</text>
    <text x="0" y="0" text-anchor="middle" transform="translate(10 ${(TOP + BOTTOM) / 2}) rotate(-90)">${yTitle} %</text>
  </g>`;
}
