// @ts-check
/** The confusion of a model with a threshold to drag: below it, the model gives no answer. */
import { answered, curve, matrix, predicted, wilson } from "../core/confusion.js";
import { unpack } from "../core/pack.js";
import { Chart } from "./chart.js";
import { bitmap, canvas, fixed, frame, h, percent, s, slider, texts } from "./parts.js";

const MOST = 12;

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "confusion");
  const f = frame(element, t, t("Confusion, threshold and coverage"));
  const data = unpack(await context.data("confusion"));
  const { labels, probabilities, targets } = data;
  const count = labels.length;
  const side = data.mouths.shape[1];
  const guesses = predicted(probabilities, count);
  const points = curve(probabilities, targets, count);
  let threshold = 1 / count;

  f.stage.classList.add("mf-two");
  const table = h("div", { class: "mf-scroll", tabindex: 0, role: "group", "aria-label": t("Confusion matrix") });
  const wrong = h("div", { class: "mf-wrong" });
  const left = h("div", { class: "mf-stack" }, h("div", {}, h("p", { class: "mf-title" }, t("True label by predicted label"), " ", h("small", {}, t("number of mouths"))), table),
    h("div", {}, h("p", { class: "mf-title" }, t("Wrong answers"), " ", h("small", {}, t("true → predicted"))), wrong));
  const right = h("div", {}, h("p", { class: "mf-title" }, t("Accuracy by coverage"), " ", h("small", {}, t("drag the point"))));
  f.stage.append(left, right);
  const low = Math.min(0.9, ...points.map((point) => Math.floor(point.accuracy * 10) / 10));
  const chart = new Chart(right, {
    label: t("Accuracy of the answers by the share that is answered"), height: 320,
    x: { min: 0, max: 1, label: t("coverage: share that is answered"), format: (v) => percent(v) },
    y: { min: Math.max(0, low - 0.1), max: 1, label: t("accuracy"), format: (v) => percent(v) }, paint,
  });
  chart.handle({
    label: t("Threshold"), at: () => { const now = state(); return [now.coverage, now.accuracy]; }, step: [1 / guesses.length, 0],
    text: () => t("threshold {value}", { value: fixed(threshold, 3) }),
    move: (x) => { threshold = points[Math.min(points.length - 1, Math.max(0, Math.round(x * points.length) - 1))].threshold; update(); },
  });
  const bar = slider({ label: t("Threshold of the probability"), min: 0, max: 1, step: 0.001, value: threshold, format: (v) => fixed(v, 3), onInput: (v) => { threshold = v; update(); } });
  f.controls.append(bar.element);
  f.table(() => ({ head: [t("Threshold"), t("Answered"), t("Right"), t("Coverage"), t("Accuracy"), t("95 % interval")],
    rows: [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99].map((value) => {
      const { count: n, right: ok } = answered(probabilities, targets, count, value);
      const interval = wilson(ok, n);
      return [fixed(value, 2), n, ok, percent(n / guesses.length), n ? percent(ok / n, 1) : "–", interval ? `${percent(interval[0])} – ${percent(interval[1])}` : "–"];
    }) }));
  f.onEnd(() => chart.destroy());

  function state() {
    const { count: n, right: ok } = answered(probabilities, targets, count, threshold);
    return { n, ok, coverage: n / guesses.length, accuracy: n ? ok / n : 1, interval: wilson(ok, n) };
  }

  /** @param {Chart} c */
  function paint(c) {
    const line = /** @type {[number, number][]} */ (points.map((point) => [point.coverage, point.accuracy]));
    const now = state();
    const band = now.interval && [s("line", { class: "mf-interval", x1: c.px(now.coverage), x2: c.px(now.coverage), y1: c.py(Math.max(c.ay.min, now.interval[0])), y2: c.py(now.interval[1]) })];
    c.show(s("path", { class: "mf-line", d: c.path(line) }), band || []);
  }

  function update() {
    bar.set(threshold);
    const counts = matrix(probabilities, targets, count, threshold);
    const most = Math.max(...counts.flat(), 1);
    table.replaceChildren(h("table", { class: "mf-matrix" },
      h("thead", {}, h("tr", {}, h("td", {}), labels.map((/** @type {string} */ label) => h("th", { scope: "col" }, label)), h("th", { scope: "col" }, t("no answer")))),
      h("tbody", {}, counts.map((row, i) => h("tr", {}, h("th", { scope: "row" }, labels[i]), row.map((value, k) => {
        const strength = Math.round((70 * value) / most);
        const name = k === count ? "--f-strong" : k === i ? "--f-accent" : "--f-bad";
        return h("td", { style: { background: value ? `color-mix(in srgb, var(${name}) ${Math.min(34, 8 + strength / 2)}%, var(--f-page))` : "" } }, String(value));
      }))))));
    const errors = guesses.map((guess, n) => ({ ...guess, n })).filter(({ label, top, n }) => top >= threshold && label !== targets[n]).sort((a, b) => b.top - a.top);
    wrong.replaceChildren(...errors.slice(0, MOST).map(({ label, top, n }) => {
      const picture = canvas(`${labels[targets[n]]} → ${labels[label]}`);
      const pen = picture.size(56, 56);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(bitmap(data.mouths.subarray(3 * side * side * n, 3 * side * side * (n + 1)), side, side), 0, 0, 56, 56);
      return h("figure", { class: "mf-tile" }, picture.element, h("figcaption", {}, `${labels[targets[n]]} → ${labels[label]}`, h("br"), percent(top)));
    }), errors.length ? "" : h("p", { class: "mf-note" }, t("none")));
    chart.redraw();
    const now = state();
    const values = { threshold: fixed(threshold, 3), n: now.n, all: guesses.length, coverage: percent(now.coverage), accuracy: percent(now.accuracy, 1), low: now.interval ? percent(now.interval[0]) : "", high: now.interval ? percent(now.interval[1]) : "", errors: errors.length, model: data.model };
    f.say(now.n
      ? t("With the threshold {threshold}, {model} answers {n} of {all} mouths ({coverage}); {accuracy} of the answers are right (95 % interval {low} to {high}), {errors} are wrong.", values)
      : t("With the threshold {threshold}, {model} answers no mouth: no errors, and no use.", values));
  }

  update();
  return f;
}
