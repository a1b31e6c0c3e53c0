// @ts-check
/** Labels over time: one row for each face, one coloured piece for each label that lasted. */
import { html } from "../vendor/preact.js";
import { duration, t } from "../i18n.js";
import { labelLook, labelText } from "./label_text.js";

/** @typedef {{label: string | null, start: number, end: number}} Segment Times in seconds. */

/**
 * @param {object} props
 * @param {{name: string, segments: Segment[]}[]} props.rows
 * @param {number} props.start Left end in seconds.
 * @param {number} props.end Right end in seconds.
 * @param {number | null} [props.playhead] Time to mark, in seconds.
 * @param {(time: number) => void} [props.seek] Called with the time under the pointer at a click.
 */
export function Timeline({ rows, start, end, playhead = null, seek }) {
  const span = Math.max(end - start, 1e-6);
  const at = (/** @type {number} */ time) => (1000 * Math.min(Math.max(time - start, 0), span)) / span;
  /** @param {MouseEvent} event */
  const click = (event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    seek?.(start + (span * (event.clientX - box.left)) / box.width);
  };
  return html`<div class="timeline" role="img" aria-label=${summary(rows, start)}>
    ${rows.map(
      (row) => html`<div class="timeline-row" key=${row.name}>
        <span class="timeline-name">${row.name}</span>
        <svg viewBox="0 0 1000 16" preserveAspectRatio="none" class=${seek ? "seekable" : ""} onClick=${click}>
          <rect class="track" x="0" y="0" width="1000" height="16" />
          ${row.segments.map((one) => html`<rect x=${at(one.start)} y="0" height="16" width=${Math.max(1, at(one.end) - at(one.start))}
            fill=${labelLook(one.label).colour}><title>${labelText(one.label)}</title></rect>`)}
          ${playhead !== null && html`<line class="playhead" x1=${at(playhead)} x2=${at(playhead)} y1="0" y2="16" />`}
        </svg>
      </div>`,
    )}
  </div>`;
}

/** @param {{name: string, segments: Segment[]}[]} rows @param {number} start */
function summary(rows, start) {
  const texts = rows.map((row) => {
    /** @type {Map<string | null, number>} */
    const seconds = new Map();
    for (const one of row.segments) {
      seconds.set(one.label, (seconds.get(one.label) ?? 0) + Math.max(0, one.end - Math.max(one.start, start)));
    }
    const parts = [...seconds].map(([label, time]) => `${labelText(label)} ${duration(time)}`);
    return `${row.name}: ${parts.join(", ")}`;
  });
  return texts.join("; ") || t("No face yet");
}

/**
 * Join frames with equal labels into segments.
 * @param {{time: number, label: string | null}[]} frames In order of time.
 * @param {number} step Time that one frame lasts, in seconds.
 * @returns {Segment[]}
 */
export function segmentsOf(frames, step) {
  /** @type {Segment[]} */
  const found = [];
  for (const { time, label } of frames) {
    const last = found[found.length - 1];
    if (last && last.label === label && time - last.end <= step * 1.5) last.end = time + step;
    else found.push({ label, start: time, end: time + step });
  }
  return found;
}
