// @ts-check
/** A chart in SVG with axes, in pixels of the screen, and handles that pointer and keyboard move. */
import { h, responsive, s } from "./parts.js";

/** @param {number} low @param {number} high @param {number} count @returns {number[]} round values */
export function ticks(low, high, count) {
  if (low > high) [low, high] = [high, low];
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw * 0.999) ?? raw;
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-6; i += 1) values.push(Number((i * step).toPrecision(12)));
  return values;
}

/**
 * @typedef {object} Axis
 * @property {number} min @property {number} max @property {string} label
 * @property {(value: number) => string} [format] @property {number[]} [ticks] @property {boolean} [log]
 */

/** @param {number} value */
const plain = (value) => String(value).replace("-", "−");

/** A chart. `paint` is called after each change of size, theme or axes. */
export class Chart {
  /**
   * @param {HTMLElement} parent
   * @param {object} options
   * @param {string} options.label what the chart shows
   * @param {Axis} options.x @param {Axis} options.y
   * @param {number | ((width: number) => number)} [options.height]
   * @param {boolean} [options.square] same length for both axes
   * @param {(chart: Chart) => void} [options.fit] sets the axes before they are drawn
   * @param {(chart: Chart) => void} options.paint
   */
  constructor(parent, { label, x, y, height = 280, square = false, fit, paint }) {
    this.options = { height, square, fit, paint };
    this.ax = { ...x };
    this.ay = { ...y };
    this.grid = s("g", { class: "mf-grid", "aria-hidden": "true" });
    this.layer = s("g", { "aria-hidden": "true" });
    this.front = s("g");
    this.svg = s("svg", { class: "mf-chart", role: "group", "aria-label": label }, this.grid, this.layer, this.front);
    this.box = h("div", { class: "mf-chart-box" }, this.svg);
    parent.append(this.box);
    /** @type {Handle[]} */
    this.handles = [];
    this.width = 0;
    this.stop = responsive(this.box, (width) => this.resize(width));
  }

  /** @param {number} width */
  resize(width) {
    const { height, square } = this.options;
    this.width = width;
    this.options.fit?.(this);
    this.margins();
    this.top = 10;
    this.height = square ? this.right - this.left + 52 : typeof height === "function" ? height(width) : height;
    this.bottom = this.height - 42;
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", this.height);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.redraw();
  }

  /** Leave room for the longest number of the vertical axis. */
  margins() {
    const longest = Math.max(...this.yTicks(4).map((text) => text[1].length), 1);
    this.left = Math.max(28, 14 + 7 * longest) + (this.ay.label ? 14 : 0);
    this.right = this.width - 20;
  }

  /** @param {number} count @returns {[number, string][]} */
  yTicks(count) {
    const { min, max, format = plain, log } = this.ay;
    const values = this.ay.ticks ?? (log ? powers(min, max) : ticks(min, max, count));
    return values.map((v) => [v, format(v)]);
  }

  /** @param {number} value @returns {number} pixels */
  px(value) { return this.left + share(this.ax, value) * (this.right - this.left); }

  /** @param {number} value @returns {number} pixels */
  py(value) { return this.bottom - share(this.ay, value) * (this.bottom - this.top); }

  /** @param {number} px @returns {number} */
  xAt(px) { return unshare(this.ax, (px - this.left) / (this.right - this.left)); }

  /** @param {number} py @returns {number} */
  yAt(py) { return unshare(this.ay, (this.bottom - py) / (this.bottom - this.top)); }

  redraw() {
    if (!this.width) return;
    this.options.fit?.(this);
    this.margins();
    const { left, right, top, bottom } = this;
    const xs = this.ax.ticks ?? (this.ax.log ? powers(this.ax.min, this.ax.max) : ticks(this.ax.min, this.ax.max, (right - left) / 70));
    const xText = this.ax.format ?? plain;
    this.grid.replaceChildren(
      ...this.yTicks((bottom - top) / 44).map(([v, text]) => [
        s("line", { x1: left, x2: right, y1: this.py(v), y2: this.py(v) }),
        s("text", { x: left - 8, y: this.py(v) + 4, "text-anchor": "end" }, text),
      ]).flat(),
      ...xs.map((v) => s("text", { x: this.px(v), y: bottom + 17, "text-anchor": "middle" }, xText(v))),
      s("text", { class: "mf-axis", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, this.ax.label),
      s("text", { class: "mf-axis", transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, this.ay.label),
    );
    this.options.paint(this);
    this.handles.forEach((handle) => handle.place());
  }

  /** @param {...any} nodes */
  show(...nodes) { this.layer.replaceChildren(...nodes.flat(Infinity).filter(Boolean)); }

  /** @param {[number, number][]} points in units of the axes @returns {string} path */
  path(points) {
    let text = "";
    let open = false;
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) { open = false; continue; }
      text += `${open ? "L" : "M"}${this.px(x).toFixed(1)} ${this.py(y).toFixed(1)}`;
      open = true;
    }
    return text;
  }

  /** @param {ConstructorParameters<typeof Handle>[1]} options */
  handle(options) {
    const handle = new Handle(this, options);
    this.handles.push(handle);
    return handle;
  }

  /** @param {Handle} handle */
  remove(handle) {
    this.handles = this.handles.filter((other) => other !== handle);
    handle.node.remove();
  }

  destroy() { this.stop(); this.box.remove(); }
}

/** A point that can be dragged, or moved by the arrow keys (with Shift, ten times as far). */
export class Handle {
  /**
   * @param {Chart} chart
   * @param {object} options
   * @param {string} options.label @param {() => [number, number]} options.at
   * @param {(x: number, y: number) => void} options.move called with a new place inside the axes
   * @param {[number, number]} options.step step of an arrow key; 0 for a fixed direction
   * @param {() => string} options.text place as text
   * @param {any} [options.shape] SVG element around (0, 0)
   */
  constructor(chart, { label, at, move, step, text, shape }) {
    this.chart = chart;
    this.at = at;
    this.text = text;
    const mark = shape ?? s("circle", { r: 7, class: "mf-dot" });
    this.node = s("g", { class: "mf-handle", tabindex: 0, role: "slider", "aria-label": label, "aria-valuenow": 0 },
      s("circle", { r: 18, class: "mf-hit" }), s("circle", { r: 12, class: "mf-ring" }), mark);
    chart.front.append(this.node);
    /** @param {number} x @param {number} y */
    const to = (x, y) => {
      const { ax, ay } = chart;
      move(inside(ax, x), inside(ay, y));
    };
    this.node.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      event.preventDefault();
      this.node.focus({ preventScroll: true });
      this.node.setPointerCapture(event.pointerId);
    });
    this.node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!this.node.hasPointerCapture(event.pointerId)) return;
      const box = chart.svg.getBoundingClientRect();
      to(chart.xAt(event.clientX - box.left), chart.yAt(event.clientY - box.top));
    });
    this.node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
      if (!dx && !dy) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      // With one free direction, all four keys move along it.
      const up = chart.ay.max > chart.ay.min ? dy : -dy;
      const along = step[0] === 0 ? [0, up || dx] : step[1] === 0 ? [dx || dy, 0] : [dx, up];
      const [x, y] = at();
      to(x + along[0] * far * step[0], y + along[1] * far * step[1]);
    });
  }

  place() {
    const [x, y] = this.at();
    this.node.setAttribute("transform", `translate(${this.chart.px(x)} ${this.chart.py(y)})`);
    this.node.setAttribute("aria-valuetext", this.text());
    this.node.setAttribute("aria-valuenow", String(Number(y.toPrecision(6))));
  }
}

/** @param {Axis} axis @param {number} value the nearest value inside the axis */
const inside = ({ min, max }, value) => Math.min(Math.max(min, max), Math.max(Math.min(min, max), value));

/** @param {Axis} axis @param {number} value */
const share = ({ min, max, log }, value) =>
  log ? (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min)) : (value - min) / (max - min);

/** @param {Axis} axis @param {number} part */
const unshare = ({ min, max, log }, part) =>
  log ? Math.exp(Math.log(min) + part * (Math.log(max) - Math.log(min))) : min + part * (max - min);

/** @param {number} low @param {number} high */
function powers(low, high) {
  const values = [];
  for (let p = Math.ceil(Math.log10(low) - 1e-9); 10 ** p <= high * 1.000001; p += 1) values.push(10 ** p);
  return values;
}

/** Marks of four series: shape and colour differ. @param {number} index @param {number} [r] @param {Record<string, any>} [more] */
export function mark(index, r = 5, more = {}) {
  const attributes = { class: `mf-mark mf-c${index}`, ...more };
  if (index === 0) return s("circle", { r, ...attributes });
  if (index === 1) return s("rect", { x: -r * 0.9, y: -r * 0.9, width: 1.8 * r, height: 1.8 * r, ...attributes });
  if (index === 2) return s("path", { d: `M0 ${-1.25 * r}L${1.15 * r} ${0.85 * r}H${-1.15 * r}Z`, ...attributes });
  return s("path", { d: `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0Z`, ...attributes });
}

/** @param {[number, string][]} items series index and name */
export const legend = (items) =>
  h("ul", { class: "mf-legend" }, items.map(([index, text]) =>
    h("li", {}, s("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, mark(index, 5)), text)));
