// @ts-check
/** Parts of the cascade figure: the bars of the stages, and the features on one window. */
import { WINDOW } from "../core/cascade.js";
import { responsive, s, whole } from "./parts.js";

const HEIGHT = 132;

/** Bars of the windows that are left after each stage, on a logarithmic scale. */
export class Funnel {
  /** @param {HTMLElement} parent @param {number} stages @param {string} label */
  constructor(parent, stages, label) {
    this.svg = s("svg", { class: "mf-svg", role: "img", "aria-label": label, height: HEIGHT });
    this.stages = stages;
    parent.append(this.svg);
    this.width = 0;
    this.values = /** @type {number[]} */ ([]);
    this.stage = 0;
    this.destroy = responsive(parent, (width) => { this.width = width; this.paint(); });
  }

  /** @param {number[]} values windows before the first and after each stage @param {number} stage */
  show(values, stage) {
    this.values = values;
    this.stage = stage;
    this.paint();
  }

  paint() {
    const { width, values, stages, stage } = this;
    if (!width || !values.length) return;
    this.svg.setAttribute("width", width);
    const room = HEIGHT - 34;
    const slot = width / (stages + 1);
    const top = Math.log10(Math.max(10, values[0]));
    const bars = values.map((value, i) => {
      const size = value ? Math.max(2, (Math.log10(value + 0.25) / top) * room) : 0;
      return s("rect", { class: i === stage ? "mf-bar-now" : i < stage ? "mf-bar-done" : "mf-bar", x: i * slot, y: 16 + room - size, width: Math.max(1, slot - 2), height: size });
    });
    const x = Math.min(width - 4, stage * slot + slot / 2);
    const anchor = stage < 4 ? "start" : stage > stages - 4 ? "end" : "middle";
    const text = s("text", { class: "mf-bar-text", x: anchor === "start" ? stage * slot : anchor === "end" ? stage * slot + slot : x, y: 11, "text-anchor": anchor }, whole(values[stage]));
    const ends = [0, 5, 10, 15, 20, 25].filter((i) => i <= stages).map((i) =>
      s("text", { x: i * slot + slot / 2 - 1, y: HEIGHT - 4, "text-anchor": i === 0 ? "start" : i === stages ? "end" : "middle" }, String(i)));
    this.svg.replaceChildren(text, ...bars, ...ends);
  }
}

/**
 * Draw a window of the picture with the first features of a stage over it.
 * @param {ReturnType<typeof import("./parts.js").canvas>} target
 * @param {any} state
 */
export function drawFeatures(target, { cascade, picture, found, index, stage }) {
  const box = /** @type {HTMLElement} */ (target.element.parentElement);
  const width = Math.min(box.clientWidth, 360);
  if (!width) return;
  const across = 3;
  const gap = 8;
  const side = Math.floor((width - (across - 1) * gap) / across);
  const pen = target.size(across * side + (across - 1) * gap, side);
  const [x, y, size] = found.boxes.subarray(3 * index, 3 * index + 3);
  const unit = side / WINDOW;
  for (let n = 0; n < across; n += 1) {
    const feature = cascade.before[stage] + n;
    const left = n * (side + gap);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, side, side);
    pen.clip();
    pen.fillStyle = "#101214";
    pen.fillRect(left, 0, side, side);
    pen.globalAlpha = 0.75;
    pen.drawImage(picture.image, x, y, size, size, left, 0, side, side);
    pen.globalAlpha = 1;
    for (let r = 0; r < 3; r += 1) {
      const weight = cascade.weights[3 * feature + r];
      if (!weight) continue;
      const [u, v, w, h] = cascade.rects.subarray(4 * (3 * feature + r), 4 * (3 * feature + r) + 4);
      pen.fillStyle = weight < 0 ? "rgb(10 14 18 / 72%)" : "rgb(255 255 255 / 88%)";
      pen.fillRect(left + u * unit, v * unit, w * unit, h * unit);
      pen.strokeStyle = "#6ff0e6";
      pen.lineWidth = 1.5;
      pen.strokeRect(left + u * unit, v * unit, w * unit, h * unit);
    }
    pen.restore();
  }
}
