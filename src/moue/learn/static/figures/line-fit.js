// @ts-check
/** Points to drag, the squares of the errors, and gradient descent on the surface of the MSE. */
import { best, errors, limit, mse, step } from "../core/line-fit.js";
import { Chart } from "./chart.js";
import { heat } from "./heat.js";
import { button, fixed, frame, h, player, s, slider, texts } from "./parts.js";

const POINTS = [[0.6, 1.6], [1.5, 1.3], [2.4, 3.1], [3.4, 2.6], [4.3, 4.6], [5.5, 3.9], [6.6, 5.7]];
const START = [-0.6, 6.5];

/** @param {HTMLElement} element @param {{lang: string, params?: Record<string, string>}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "line-fit");
  const f = frame(element, t, t("A line through points, and its mean squared error"));
  /** @type {[number, number][]} */
  let points = POINTS.map(([x, y]) => [x, y]);
  /** @type {[number, number]} */
  let line = [START[0], START[1]];
  /** @type {[number, number][]} */
  let trail = [line];
  let rate = 0.02;

  f.stage.classList.add("mf-two");
  const left = h("div", {}, h("p", { class: "mf-title" }, t("The points"), " ", h("small", {}, t("Each area is one squared error. Drag a point."))));
  const right = h("div", {}, h("p", { class: "mf-title" }, t("The error of every line"), " ", h("small", {}, t("Strong colour means a small error. Drag the ball."))));
  f.stage.append(left, right);

  const data = new Chart(left, {
    label: t("Points, line and squared errors"), square: true,
    x: { min: 0, max: 8, label: "x" }, y: { min: 0, max: 8, label: "y" }, paint: paintData,
  });
  const surface = new Chart(right, {
    label: t("Mean squared error by slope and intercept"), square: true,
    x: { min: -1.5, max: 2.5, label: t("slope") }, y: { min: -4, max: 8, label: t("intercept") }, paint: paintSurface,
  });
  points.forEach((_, i) => data.handle({
    label: t("Point {n}", { n: i + 1 }), at: () => points[i], step: [0.1, 0.1],
    text: () => `x ${fixed(points[i][0], 1)}, y ${fixed(points[i][1], 1)}`,
    move: (x, y) => { points[i] = [x, y]; restart(); },
  }));
  surface.handle({
    label: t("Line as a point of the surface"), at: () => inside(line), step: [0.05, 0.1],
    text: () => t("slope {a}, intercept {b}", { a: fixed(line[0], 2), b: fixed(line[1], 2) }),
    shape: s("circle", { r: 7, class: "mf-dot" }),
    move: (a, b) => { line = [a, b]; restart(); },
  });

  const slope = slider({ label: t("Slope"), min: -1.5, max: 2.5, step: 0.05, value: line[0], format: (v) => fixed(v, 2), onInput: (v) => { line = [v, line[1]]; restart(); } });
  const intercept = slider({ label: t("Intercept"), min: -4, max: 8, step: 0.1, value: line[1], format: (v) => fixed(v, 1), onInput: (v) => { line = [line[0], v]; restart(); } });
  const speed = slider({ label: t("Learning rate"), min: 0.002, max: 0.08, step: 0.002, value: rate, format: (v) => fixed(v, 3), onInput: (v) => { rate = v; update(); } });
  const play = player(t, forward, { rate: 12, label: t("Run 100 steps") });
  f.controls.append(slope.element, intercept.element, speed.element, h("div", { class: "mf-row" },
    button(t("One step"), () => { play.stop(); forward(); }), play.element,
    button(t("Start again"), () => { play.stop(); points = POINTS.map(([x, y]) => [x, y]); line = [START[0], START[1]]; restart(); })));
  f.table(() => {
    const e = errors(points, ...line);
    return {
      head: [t("Point"), "x", "y", t("Line"), t("Error"), t("Squared error")],
      rows: points.map(([x, y], i) => [i + 1, fixed(x, 2), fixed(y, 2), fixed(y - e[i], 2), fixed(e[i], 2), fixed(e[i] ** 2, 2)]),
    };
  });
  f.onEnd(() => { play.stop(); data.destroy(); surface.destroy(); });

  /** One step of gradient descent; false when nothing more happens. */
  function forward() {
    if (trail.length > 100 || !Number.isFinite(mse(points, ...line)) || mse(points, ...line) > 1e9) return false;
    line = step(points, line, rate);
    trail.push(line);
    update();
    return true;
  }

  function restart() { trail = [line]; update(); }

  function update() {
    slope.set(line[0]);
    intercept.set(line[1]);
    data.redraw();
    surface.redraw();
    const now = mse(points, ...line);
    const lowest = mse(points, ...best(points));
    const most = limit(points);
    const values = { a: fixed(line[0], 2), b: fixed(line[1], 2), mse: fixed(now, 2), steps: trail.length - 1, best: fixed(lowest, 2), rate: fixed(rate, 3), most: fixed(most, 3) };
    const where = t("After {steps} steps the line is y = {a} x + {b}, with a mean squared error of {mse}; the best line has {best}.", values);
    const verdict = rate > most
      ? t("The learning rate {rate} is above {most}: each step overshoots further than the last, and the error grows.", values)
      : t("The learning rate {rate} is below {most}, so the steps converge.", values);
    f.say(t.join(where, verdict));
  }

  /** @param {Chart} chart */
  function paintData(chart) {
    const e = errors(points, ...line);
    const unit = chart.py(0) - chart.py(1);
    const squares = points.map(([x, y], i) => {
      const side = Math.min(Math.abs(e[i]), 40) * unit;
      const toLeft = e[i] > 0 === line[0] > 0;
      return s("rect", { class: "mf-square", x: chart.px(x) - (toLeft ? side : 0), y: chart.py(Math.max(y, y - e[i])), width: side, height: side });
    });
    const clip = s("clipPath", { id: "mf-line-clip" }, s("rect", { x: chart.left, y: chart.top, width: chart.right - chart.left, height: chart.bottom - chart.top }));
    chart.show(clip, s("g", { "clip-path": "url(#mf-line-clip)" }, squares,
      s("line", { class: "mf-line", x1: chart.px(0), y1: chart.py(line[1]), x2: chart.px(8), y2: chart.py(8 * line[0] + line[1]) })));
  }

  /** @param {Chart} chart */
  function paintSurface(chart) {
    const lowest = mse(points, ...best(points));
    const image = heat(chart, (a, b) => Math.log1p(mse(points, a, b) - lowest) / Math.log(400), { bands: 16 });
    const [a, b] = best(points);
    const shown = trail.filter(([x, y]) => Math.abs(x) < 1e6 && Math.abs(y) < 1e6);
    const clip = s("clipPath", { id: "mf-surface-clip" }, s("rect", { x: chart.left, y: chart.top, width: chart.right - chart.left, height: chart.bottom - chart.top }));
    chart.show(image, clip, s("g", { "clip-path": "url(#mf-surface-clip)" },
      s("path", { class: "mf-trail", d: chart.path(shown) }), shown.slice(0, -1).map((p) => s("circle", { class: "mf-trail-dot", r: 2.5, cx: chart.px(p[0]), cy: chart.py(p[1]) })),
      s("path", { class: "mf-cross", transform: `translate(${chart.px(a)} ${chart.py(b)})`, d: "M-6 0H6M0 -6V6" })));
  }

  /** Keep the ball inside the chart. @param {[number, number]} place @returns {[number, number]} */
  function inside([a, b]) {
    return [Math.min(2.5, Math.max(-1.5, Number.isFinite(a) ? a : 2.5)), Math.min(8, Math.max(-4, Number.isFinite(b) ? b : 8))];
  }

  update();
  return f;
}
