// @ts-check
/** SGD, momentum and Adam race on a surface from the same start. */
import { run } from "../core/optimizers.js";
import { Chart, legend, mark } from "./chart.js";
import { heat } from "./heat.js";
import { button, h, player, s, slider } from "./parts.js";

export const OPTIMIZERS = /** @type {const} */ (["sgd", "momentum", "adam"]);
const WORDS = ["SGD", "SGD + momentum", "Adam"];
const STEPS = 200;

/**
 * @typedef {object} View
 * @property {(x: number, y: number) => number} f @property {number[]} x @property {number[]} y @property {number[]} start
 */

/** Two charts, controls and the state of a race. */
export class Race {
  /**
   * @param {any} f frame of the figure @param {any} t
   * @param {object} options
   * @param {View} options.view @param {{start: string, title: string, note: string, x: string, y: string, surface: string, losses: string, step: string, loss: string, rate: string, momentum: string, adam: string, one: string, all: string, again: string, at: string}} options.words
   * @param {[number, number, number][]} options.rates min, max and value of the logarithms of both learning rates
   * @param {() => void} options.onChange @param {(chart: Chart) => any[]} [options.under] more marks under the trails
   * @param {any[]} [options.controls]
   */
  constructor(f, t, { view, words, rates, onChange, under = () => [], controls = [] }) {
    this.view = view;
    this.words = words;
    this.onChange = onChange;
    this.under = under;
    this.start = /** @type {[number, number]} */ ([view.start[0], view.start[1]]);
    this.steps = 0;
    this.momentum = 0.9;
    const [plain, adaptive] = rates;
    /** @param {string} label @param {[number, number, number]} range */
    const rateSlider = (label, [min, max, value]) => slider({
      label, min, max, step: 0.1, value, format: (v) => (10 ** v).toPrecision(2), onInput: () => this.again(this.steps),
    });
    this.rate = rateSlider(words.rate, plain);
    this.rateAdam = rateSlider(words.adam, adaptive);
    this.decay = slider({ label: words.momentum, min: 0, max: 0.98, step: 0.02, value: 0.9, format: (v) => v.toFixed(2), onInput: (v) => { this.momentum = v; this.again(this.steps); } });
    this.play = player(t, () => this.forward(1), { rate: 30, label: words.all });
    f.stage.classList.add("mf-two");
    const left = h("div", {}, h("p", { class: "mf-title" }, words.title, " ", h("small", {}, words.note)));
    const right = h("div", {}, h("p", { class: "mf-title" }, words.losses), legend(WORDS.map((word, i) => [i, word])));
    f.stage.append(left, right);
    this.chart = new Chart(left, {
      label: words.surface, height: (w) => Math.min(400, w * 0.92),
      x: { min: view.x[0], max: view.x[1], label: words.x }, y: { min: view.y[0], max: view.y[1], label: words.y }, paint: (c) => this.paintSurface(c),
    });
    this.handle = this.chart.handle({
      label: words.start, at: () => this.start, step: [(view.x[1] - view.x[0]) / 80, (view.y[1] - view.y[0]) / 80],
      text: () => words.at.replace("{x}", this.start[0].toFixed(2)).replace("{y}", this.start[1].toFixed(2)),
      move: (x, y) => { this.start = [x, y]; this.again(this.steps); },
    });
    this.curves = new Chart(right, {
      label: words.losses, height: (w) => Math.min(368, w * 0.84),
      x: { min: 0, max: STEPS, label: words.step }, y: { min: 0, max: 1, label: words.loss, format: (v) => String(Number(v.toPrecision(2))) }, fit: (c) => this.fit(c), paint: (c) => this.paintCurves(c),
    });
    f.controls.append(...controls, this.rate.element, this.decay.element, this.rateAdam.element, h("div", { class: "mf-row" },
      button(words.one, () => { this.play.stop(); this.forward(1); }), this.play.element,
      button(words.again, () => { this.play.stop(); this.again(0); })));
    f.onEnd(() => { this.play.stop(); this.chart.destroy(); this.curves.destroy(); });
  }

  /** The learning rate of an optimiser. @param {string} name */
  rateOf(name) { return 10 ** (name === "adam" ? this.rateAdam.value : this.rate.value); }

  /** @param {View} view */
  show(view) {
    this.view = view;
    this.start = [view.start[0], view.start[1]];
    [this.chart.ax.min, this.chart.ax.max] = view.x;
    [this.chart.ay.min, this.chart.ay.max] = view.y;
    this.again(0);
  }

  /** @param {number} steps */
  forward(steps) {
    this.steps = Math.min(STEPS, this.steps + steps);
    this.update();
    return this.steps < STEPS;
  }

  /** @param {number} steps */
  again(steps) {
    this.steps = steps;
    this.paths = null;
    this.update();
  }

  update() {
    this.paths ??= OPTIMIZERS.map((name) => run(this.view.f, this.start, name, this.rateOf(name), this.momentum, STEPS));
    this.losses = this.paths.map((path) => path.map(([x, y]) => this.view.f(x, y)));
    this.chart.redraw();
    this.curves.redraw();
    this.onChange();
  }

  /** Place and loss of an optimiser now. @param {number} index */
  now(index) {
    const path = this.paths?.[index] ?? [this.start];
    const step = Math.min(this.steps, path.length - 1);
    return { place: path[step], loss: this.view.f(...path[step]), left: path.length - 1 < this.steps };
  }

  range() {
    if (this.ranged !== this.view) {
      this.ranged = this.view;
      let [low, high] = [Infinity, -Infinity];
      for (let i = 0; i <= 60; i += 1) for (let j = 0; j <= 60; j += 1) {
        const value = this.view.f(this.view.x[0] + (i / 60) * (this.view.x[1] - this.view.x[0]), this.view.y[0] + (j / 60) * (this.view.y[1] - this.view.y[0]));
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
      this.limits = [low, high];
    }
    return /** @type {number[]} */ (this.limits);
  }

  /** @param {Chart} chart */
  paintSurface(chart) {
    const [low, high] = this.range();
    const image = heat(chart, (x, y) => Math.sqrt(Math.max(0, (this.view.f(x, y) - low) / (high - low))), { bands: 18, cells: 84 });
    const clip = s("clipPath", { id: "mf-race-clip" }, s("rect", { x: chart.left, y: chart.top, width: chart.right - chart.left, height: chart.bottom - chart.top }));
    const trails = (this.paths ?? []).map((path, i) => {
      const shown = path.slice(0, this.steps + 1);
      const [x, y] = shown[shown.length - 1];
      return s("g", {}, s("path", { class: "mf-halo", d: chart.path(shown) }), s("path", { class: `mf-line mf-c${i}`, d: chart.path(shown) }),
        s("g", { transform: `translate(${chart.px(x)} ${chart.py(y)})` }, mark(i, 6)));
    });
    chart.show(image, clip, s("g", { "clip-path": "url(#mf-race-clip)" }, this.under(chart), trails));
  }

  /** @param {Chart} chart */
  fit(chart) {
    const [low] = this.range();
    const first = this.view.f(...this.start);
    chart.ay.min = Math.min(0, Math.floor(low * 10) / 10);
    chart.ay.max = Math.max(0.01, (first - chart.ay.min) * 1.25 + chart.ay.min);
  }

  /** @param {Chart} chart */
  paintCurves(chart) {
    const top = chart.ay.max;
    chart.show((this.losses ?? []).map((values, i) => {
      const points = /** @type {[number, number][]} */ (values.slice(0, this.steps + 1).map((v, n) => [n, Math.min(v, top)]));
      const [x, y] = points[points.length - 1];
      return [s("path", { class: `mf-line mf-c${i}`, d: chart.path(points) }),
        s("g", { transform: `translate(${chart.px(x)} ${chart.py(y)})` }, mark(i, 5))];
    }));
  }
}
