// @ts-check
/** Probabilities of a mouth to drag; cross-entropy and squared error beside each other. */
import { crossEntropy, crossEntropyGradient, norm, squaredError, squaredErrorGradient, withProbability } from "../core/losses.js";
import { unpack } from "../core/pack.js";
import { Chart, legend, mark } from "./chart.js";
import { bitmap, canvas, choice, fixed, frame, h, percent, s, slider, texts } from "./parts.js";

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "cross-entropy");
  const f = frame(element, t, t("Cross-entropy and squared error of one mouth"));
  const data = unpack(await context.data("cross-entropy"));
  const labels = data.labels;
  const count = labels.length;
  const side = data.mouths.shape[1];
  // The last one is the most wrong.
  let mouth = data.names.length - 1;
  let p = probabilities(mouth);
  let target = data.targets[mouth];

  f.stage.classList.add("mf-two");
  const face = canvas(t("The mouth"));
  const facts = h("p", { class: "mf-note" });
  const left = h("div", {}, h("p", { class: "mf-title" }, t("What the network says"), " ", h("small", {}, t("drag the tops of the bars"))), h("div", { class: "mf-row mf-face" }, face.element, facts));
  const right = h("div", {}, h("p", { class: "mf-title" }, t("The loss by the probability of the true label")), legend([[0, t("cross-entropy")], [1, t("squared error")]]));
  f.stage.append(left, right);
  const bars = new Chart(left, {
    label: t("Probabilities of the labels"), height: 250, x: { min: 0, max: count, label: "", ticks: labels.map((/** @type {string} */ _, /** @type {number} */ i) => i + 0.5), format: (v) => labels[Math.floor(v)] },
    y: { min: 0, max: 1, label: t("probability"), format: (v) => percent(v) }, paint: paintBars,
  });
  labels.forEach((/** @type {string} */ label, /** @type {number} */ i) => bars.handle({
    label: t("Probability of {label}", { label }), at: () => [i + 0.5, p[i]], step: [0, 0.02], text: () => percent(p[i], 1),
    shape: s("rect", { class: "mf-dot", x: -14, y: -4, width: 28, height: 8, rx: 4 }),
    move: (_, y) => { p = withProbability(p, i, y); update(); },
  }));
  const curve = new Chart(right, {
    label: t("Both losses by the probability of the true label"), height: 250,
    x: { min: 0, max: 1, label: t("probability of the true label"), format: (v) => percent(v) }, y: { min: 0, max: 5, label: t("loss") }, paint: paintCurve,
  });
  const gradients = h("div", { class: "mf-gradients" });
  right.append(gradients);
  const sliders = labels.map((/** @type {string} */ label, /** @type {number} */ i) => slider({
    label: t("Probability of {label}", { label }), min: 0.001, max: 0.997, step: 0.001, value: p[i], format: (v) => percent(v, 1),
    onInput: (v) => { p = withProbability(p, i, v); update(i); },
  }));
  const truth = choice({ label: t("True label"), value: String(target), options: labels.map((/** @type {string} */ label, /** @type {number} */ i) => [String(i), label]), onChange: (v) => { target = Number(v); update(); } });
  f.controls.append(
    choice({ label: t("Mouth"), value: String(mouth), options: data.names.map((/** @type {string} */ _, /** @type {number} */ i) => [String(i), kind(i)]), onChange: (v) => { mouth = Number(v); p = probabilities(mouth); target = data.targets[mouth]; truth.set(String(target)); update(); } }).element,
    truth.element, ...sliders.map((/** @type {any} */ one) => one.element));
  f.table(() => {
    const [a, b] = [crossEntropyGradient(p, target), squaredErrorGradient(p, target)];
    return { head: [t("Label"), t("Probability"), t("Target"), t("Gradient of cross-entropy"), t("Gradient of squared error")],
      rows: labels.map((/** @type {string} */ label, /** @type {number} */ i) => [label, percent(p[i], 1), i === target ? 1 : 0, fixed(a[i], 4), fixed(b[i], 4)]) };
  });
  f.onEnd(() => { bars.destroy(); curve.destroy(); });

  /** @param {number} i */
  function probabilities(i) {
    const row = Array.from(data.probabilities.subarray(i * count, (i + 1) * count), (/** @type {number} */ v) => Math.max(0.001, v));
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((v) => v / sum);
  }

  /** How a mouth was predicted, with the prediction: a good model has several that are sure and right. @param {number} i */
  function kind(i) {
    const row = probabilities(i);
    const most = Math.max(...row);
    const at = row.indexOf(most);
    const word = at === data.targets[i] ? (most > 0.8 ? t("sure and right") : t("unsure and right")) : most > 0.8 ? t("sure and wrong") : t("unsure and wrong");
    return t("{word}: {label} {share}", { word, label: labels[at], share: percent(most, most > 0.99 ? 2 : 0) });
  }

  /** @param {Chart} c */
  function paintBars(c) {
    const width = Math.min(64, (c.right - c.left) / count - 12);
    c.show(p.map((v, i) => s("rect", { class: i === target ? "mf-bar-now" : "mf-bar-done", x: c.px(i + 0.5) - width / 2, y: c.py(v), width, height: Math.max(0, c.bottom - c.py(v)) })),
      p.map((v, i) => s("text", { class: v > 0.85 && i === target ? "mf-inverse" : "mf-axis", x: c.px(i + 0.5), y: v > 0.85 ? c.py(v) + 24 : c.py(v) - 10, "text-anchor": "middle" }, percent(v, 1))));
  }

  /** @param {Chart} c */
  function paintCurve(c) {
    const grid = Array.from({ length: 120 }, (_, i) => 0.004 + (i / 119) * 0.993);
    const along = grid.map((value) => withProbability(p, target, value));
    const lines = [(/** @type {number[]} */ q) => crossEntropy(q, target), (/** @type {number[]} */ q) => squaredError(q, target)];
    c.show(lines.map((loss, n) => [
      s("path", { class: `mf-line mf-c${n}`, d: c.path(along.map((q, i) => [grid[i], Math.min(5, loss(q))])) }),
      s("g", { transform: `translate(${c.px(p[target])} ${c.py(Math.min(5, loss(p)))})` }, mark(n, 7)),
    ]));
  }

  /** @param {number} [moved] slider that the reader holds */
  function update(moved = -1) {
    sliders.forEach((/** @type {any} */ one, /** @type {number} */ i) => i !== moved && one.set(p[i]));
    const pen = face.size(80, 80);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(bitmap(data.mouths.subarray(3 * side * side * mouth, 3 * side * side * (mouth + 1)), side, side), 0, 0, 80, 80);
    facts.textContent = t("Label: {label}. The bars start with the real probabilities.", { label: labels[data.targets[mouth]] });
    bars.redraw();
    curve.redraw();
    const pair = [norm(crossEntropyGradient(p, target)), norm(squaredErrorGradient(p, target))];
    gradients.replaceChildren(h("p", { class: "mf-title" }, t("The push on the network"), " ", h("small", {}, t("length of the gradient by the logits"))),
      ...pair.map((v, i) => h("div", { class: `mf-meter mf-c${i}` }, h("span", {}, i ? t("squared error") : t("cross-entropy")), h("div", {}, h("i", { style: { width: `${Math.min(100, (100 * v) / Math.SQRT2)}%` } })), h("b", {}, fixed(v, 3)))));
    const values = { label: labels[target], p: percent(p[target], 1), ce: fixed(crossEntropy(p, target), 2), mse: fixed(squaredError(p, target), 2), a: fixed(pair[0], 3), b: fixed(pair[1], 3), times: fixed(pair[0] / Math.max(pair[1], 1e-9), 0), list: p.map((v, i) => `${labels[i]} ${percent(v, 1)}`).join(t(", ")) };
    const verdict = p[target] < 0.05
      ? t("The network is sure and wrong: cross-entropy pushes {times} times as hard as the squared error, whose gradient almost vanishes.", values)
      : p[target] > 0.9 ? t("The network is sure and right: both push little.", values)
        : t("The gradients have the lengths {a} and {b}.", values);
    f.say(t.join(t("{list}.", values), t("The true label {label} has {p}: cross-entropy {ce}, squared error {mse}.", values), verdict));
  }

  update();
  return f;
}
