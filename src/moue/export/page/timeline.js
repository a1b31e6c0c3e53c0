// @ts-check
/** The label of each face over time: kept in memory, drawn, and saved as CSV. */

import { labelName, text } from "./texts.js";
import { colourOf, ink } from "./view.js";

/** @typedef {{label: string | null, start: number, end: number}} Segment Times in seconds. */
/** @typedef {import("./moue.d.ts").ModelDescription["model"]} Model */

/** Seconds of a camera that the drawing shows. */
const WINDOW = 30;
/** Longest gap between two frames of one segment, in seconds. */
const GAP = 1;
/** Rows that are drawn; the newest faces are kept. */
const ROWS = 6;
/** Segments that are kept of one face; the oldest are forgotten. */
const SEGMENTS = 10_000;

export class Timeline {
  /** @type {Map<number, Segment[]>} */
  rows = new Map();
  end = 0;

  /** @param {import("./live.js").LiveFace[]} faces @param {number} time */
  add(faces, time) {
    this.end = Math.max(this.end, time);
    for (const { number, label } of faces) {
      const segments = this.rows.get(number) ?? [];
      this.rows.set(number, segments);
      const last = segments[segments.length - 1];
      const joins = last && time >= last.end && time - last.end < GAP;
      if (joins) last.end = time;
      if (!joins || last.label !== label) segments.push({ label, start: time, end: time });
      if (segments.length > SEGMENTS) segments.shift();
    }
  }

  /** Forget everything from a time on, before the video is played again from there. @param {number} time */
  cutFrom(time) {
    for (const [number, segments] of this.rows) {
      const kept = segments.filter((one) => one.start < time).map((one) => ({ ...one, end: Math.min(one.end, time) }));
      if (kept.length) this.rows.set(number, kept);
      else this.rows.delete(number);
    }
    this.end = Math.min(this.end, time);
  }

  /** Return the table as CSV. */
  csv() {
    const lines = [...this.rows].flatMap(([number, segments]) =>
      segments.map((one) => [number, quoted(one.label ?? ""), one.start.toFixed(3), one.end.toFixed(3)].join(",")),
    );
    return ["face,label,start,end", ...lines, ""].join("\n");
  }

  /** Return the seconds of each label of each face as a text. */
  summary() {
    return [...this.rows].map(([number, segments]) => {
      /** @type {Map<string | null, number>} */
      const seconds = new Map();
      for (const one of segments) seconds.set(one.label, (seconds.get(one.label) ?? 0) + one.end - one.start);
      const parts = [...seconds].map(([label, total]) => `${labelName(label)} ${total.toFixed(1)} s`).join(", ");
      return text("timeline_of", { number, parts });
    }).join("; ");
  }

  /**
   * Draw the rows.
   * @param {HTMLCanvasElement} canvas @param {Model} model
   * @param {number | null} duration Seconds of a video; null for a camera, of which the last seconds are drawn.
   */
  draw(canvas, model, duration) {
    const rows = [...this.rows].slice(-ROWS);
    const unit = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, 20 + 28 * Math.max(1, rows.length)];
    canvas.style.height = `${height}px`;
    Object.assign(canvas, { width: Math.round(width * unit), height: Math.round(height * unit) });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(unit, unit);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = "middle";
    const left = 28;
    const last = duration ?? Math.max(WINDOW, this.end);
    const first = duration === null ? last - WINDOW : 0;
    const x = (/** @type {number} */ time) => left + ((time - first) / Math.max(last - first, 1e-6)) * (width - left - 4);
    rows.forEach(([number, segments], row) => {
      const y = 28 * row;
      context.fillStyle = style.getPropertyValue("--sunken");
      context.fillRect(left, y + 2, width - left - 4, 24);
      for (const one of segments) {
        if (one.end < first) continue;
        const start = Math.max(left, x(one.start));
        context.fillStyle = colourOf(model, one.label);
        const length = Math.max(1, x(one.end) - start);
        context.fillRect(start, y + 2, length, 24);
        const words = labelName(one.label);
        if (context.measureText(words).width + 8 > length) continue;
        context.fillStyle = ink(colourOf(model, one.label));
        context.fillText(words, start + 4, y + 14);
      }
      context.fillStyle = style.color;
      context.fillText(String(number), 4, y + 14);
    });
    this.#axis(context, { first, last, x, y: height - 8, width });
    canvas.setAttribute("aria-label", this.summary() || text("timeline"));
  }

  /** @param {CanvasRenderingContext2D} context @param {{first: number, last: number, x: (time: number) => number, y: number, width: number}} place */
  #axis(context, { first, last, x, y, width }) {
    const most = Math.max(2, Math.floor(width / 80));
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].find((one) => (last - first) / one <= most) ?? 7200;
    for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
      const words = clock(time);
      const size = context.measureText(words).width;
      context.fillText(words, Math.min(Math.max(x(time) - size / 2, 0), width - size), y);
    }
  }
}

/** Return seconds as `1:05`. @param {number} seconds */
export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** @param {string} value */
const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
