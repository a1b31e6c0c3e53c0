// @ts-check
/** Learning-rate schedules beside real trainings with each of them. */
import { stepRates } from "../core/schedules.js";
import { Chart, legend, mark } from "./chart.js";
import { choice, fixed, frame, h, percent, s, slider, texts } from "./parts.js";

const NAMES = /** @type {const} */ (["constant", "step", "cosine", "one_cycle"]);

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "schedules");
  const f = frame(element, t, t("Four schedules and the trainings with them"));
  const data = await context.data("schedules");
  const words = [t("constant"), t("step at two thirds"), t("cosine"), t("one cycle")];
  const runs = NAMES.map((name) => data.runs[name]);
  let epoch = data.epochs - 1;
  let kind = "validation";
  let size = 100;
  let gamma = 0.1;

  f.stage.classList.add("mf-two");
  const left = h("div", {}, h("p", { class: "mf-title" }, t("The learning rate"), " ", h("small", {}, t("dotted: your StepLR"))));
  const rightTitle = h("p", { class: "mf-title" });
  const right = h("div", {}, rightTitle);
  f.stage.append(left, right);
  const epochAxis = { min: 0, max: data.epochs, label: t("epoch") };
  const rates = new Chart(left, { label: t("Learning rate by epoch"), height: 300, x: epochAxis, y: { min: 0, max: data.lr * 1.1, label: t("learning rate") }, paint: paintRates });
  const result = new Chart(right, { label: t("Result of the trainings by epoch"), height: 300, x: epochAxis, y: { min: 0, max: 1, label: "" }, fit: fitResult, paint: paintResult });
  f.stage.after(legend(words.map((word, i) => [i, word])));
  const at = slider({ label: t("Epoch"), min: 0, max: data.epochs - 1, step: 1, value: epoch, format: (v) => String(v + 1), onInput: (v) => { epoch = v; update(); } });
  const steps = slider({ label: t("Your StepLR: step_size"), min: 5, max: 120, step: 5, value: size, format: (v) => String(v), onInput: (v) => { size = v; update(); } });
  const factor = slider({ label: t("Your StepLR: gamma"), min: 0.05, max: 1, step: 0.05, value: gamma, format: (v) => fixed(v, 2), onInput: (v) => { gamma = v; update(); } });
  f.controls.append(choice({ label: t("Result"), value: kind, options: [["validation", t("validation accuracy")], ["loss", t("training loss")]], onChange: (v) => { kind = v; update(); } }).element,
    at.element, steps.element, factor.element);
  f.table(() => ({
    head: [t("Epoch"), ...words.flatMap((word) => [t("{name}: rate", { name: word }), t("loss"), t("accuracy")])],
    rows: Array.from({ length: data.epochs }, (_, i) => i).filter((i) => i % 5 === 4 || i === 0)
      .map((i) => [i + 1, ...runs.flatMap((run) => [fixed(run.rate[i], 4), fixed(run.loss[i], 3), percent(run.validation[i])])]),
  }));
  f.onEnd(() => { rates.destroy(); result.destroy(); });

  /** @param {Chart} c @param {number[][]} values */
  function lines(c, values) {
    return [
      s("line", { class: "mf-now", x1: c.px(epoch + 0.5), x2: c.px(epoch + 0.5), y1: c.top, y2: c.bottom }),
      values.map((row, i) => {
        const points = /** @type {[number, number][]} */ (row.map((v, n) => [n + 0.5, Math.min(v, c.ay.max)]));
        return [s("path", { class: `mf-line mf-c${i}`, d: c.path(points) }),
          s("g", { transform: `translate(${c.px(epoch + 0.5)} ${c.py(points[epoch][1])})` }, mark(i, 5))];
      }),
    ];
  }

  /** @param {Chart} c */
  function paintRates(c) {
    const own = stepRates(data.lr, size, gamma, data.epochs).map((v, n) => [[n, v], [n + 1, v]]).flat();
    c.show(lines(c, runs.map((run) => run.rate)), s("path", { class: "mf-true-path", d: c.path(/** @type {any} */ (own)) }));
  }

  const results = () => runs.map((run) => (kind === "loss" ? run.loss : run.validation));

  /** @param {Chart} c */
  function fitResult(c) {
    c.ay.format = kind === "loss" ? (v) => fixed(v, 1) : (v) => percent(v);
    c.ay.max = kind === "loss" ? Math.min(3, Math.max(...results().flat()) * 1.05) : 1;
  }

  /** @param {Chart} c */
  function paintResult(c) {
    c.show(lines(c, results()));
  }

  function update() {
    rightTitle.replaceChildren(kind === "loss" ? t("The training loss") : t("The validation accuracy"), " ", h("small", {}, t("one real training each")));
    rates.redraw();
    result.redraw();
    const own = stepRates(data.lr, size, gamma, data.epochs);
    const drops = own.filter((v, i) => i && v !== own[i - 1]).length;
    const accuracies = runs.map((run, i) => `${words[i]} ${percent(run.validation[epoch])}`);
    const values = { n: epoch + 1, list: accuracies.join(t(", ")), size, gamma: fixed(gamma, 2), drops, epochs: data.epochs, end: fixed(own[own.length - 1], 4) };
    f.say(t.join(
      t("After epoch {n} the validation accuracy is: {list}.", values),
      kind === "loss" ? t("The chart shows the training loss.") : "",
      gamma === 1 || drops === 0
        ? t("StepLR({size}, {gamma}) never changes the rate in {epochs} epochs, as in the tutorial.", values)
        : t("StepLR({size}, {gamma}) lowers the rate {drops} times in {epochs} epochs, to {end}.", values),
    ));
  }

  update();
  return f;
}
