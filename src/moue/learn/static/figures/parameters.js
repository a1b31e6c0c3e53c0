// @ts-check
/** The parameters of simpleconv3 as areas. */
import { areas, parameters } from "../core/parameters.js";
import { frame, h, percent, responsive, s, slider, texts, whole } from "./parts.js";
import { legend } from "./chart.js";

const KINDS = /** @type {const} */ (["linear", "convolution", "normalization"]);

/** @param {HTMLElement} element @param {{lang: string}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "parameters");
  const f = frame(element, t, t("The parameters of simpleconv3 as areas"));
  let side = 48;
  let hidden = 1200;
  let labels = 4;
  const words = { linear: t("linear layers"), convolution: t("convolutions"), normalization: t("batch normalisation") };
  const svg = s("svg", { class: "mf-svg", role: "img", "aria-label": t("Areas in proportion to the numbers of parameters"), height: 300 });
  const small = s("svg", { class: "mf-svg", role: "img", "aria-label": t("The convolutions and normalisations, enlarged"), height: 300 });
  const left = h("div", {}, h("p", { class: "mf-title" }, t("All parameters"), " ", h("small", {}, t("area = number"))), svg);
  const zoomTitle = h("small", {});
  const right = h("div", {}, h("p", { class: "mf-title" }, t("The small corner, enlarged"), " ", zoomTitle), small);
  f.stage.classList.add("mf-two");
  f.stage.append(left, right);
  f.stage.after(legend(KINDS.map((kind, i) => [i, words[kind]])));
  f.controls.append(
    slider({ label: t("Side of the input"), min: 16, max: 96, step: 8, value: side, format: (v) => `${v} px`, onInput: (v) => { side = v; update(); } }).element,
    slider({ label: t("Outputs of fc1"), min: 16, max: 2400, step: 8, value: hidden, format: whole, onInput: (v) => { hidden = v; update(); } }).element,
    slider({ label: t("Labels"), min: 2, max: 20, step: 1, value: labels, onInput: (v) => { labels = v; update(); } }).element);
  f.table(() => {
    const layers = parameters(side, labels, hidden);
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    return { head: [t("Layer"), t("Kind"), t("Calculation"), t("Parameters"), t("Share")],
      rows: layers.map((layer) => [layer.name, words[layer.kind], layer.formula, whole(layer.count), percent(layer.count / total, 2)]) };
  });
  f.onEnd(responsive(left, () => paint()));

  /** @param {any} target @param {ReturnType<typeof parameters>} layers @param {number} width @param {number} height @param {number} total */
  function draw(target, layers, width, height, total) {
    target.setAttribute("width", width);
    target.setAttribute("height", height);
    const boxes = areas(layers.map((layer) => layer.count), 0, 0, width, height);
    target.replaceChildren(...layers.map((layer, i) => {
      const { x, y, width: w, height: tall } = boxes[i];
      const roomy = w > 54 && tall > 36;
      return s("g", {}, s("rect", { class: `mf-area mf-c${KINDS.indexOf(layer.kind)}`, x: x + 1, y: y + 1, width: Math.max(0.5, w - 2), height: Math.max(0.5, tall - 2) }),
        s("title", {}, `${layer.name}: ${whole(layer.count)}`),
        roomy ? [s("text", { class: "mf-area-name", x: x + 9, y: y + 20 }, layer.name), s("text", { class: "mf-area-text", x: x + 9, y: y + 36 }, w > 110 ? `${whole(layer.count)} · ${percent(layer.count / total, 2)}` : percent(layer.count / total, 2))] : []);
    }));
  }

  function paint() {
    const width = Math.min(left.clientWidth, 520);
    if (!width) return;
    const layers = parameters(side, labels, hidden);
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    draw(svg, layers, width, 300, total);
    const rest = layers.filter((layer) => layer.kind !== "linear");
    draw(small, rest, width, 300, total);
    const share = rest.reduce((sum, layer) => sum + layer.count, 0) / total;
    zoomTitle.textContent = t("{share} of the area, {times} times as large", { share: percent(share, 1), times: whole(1 / share) });
  }

  function update() {
    paint();
    const layers = parameters(side, labels, hidden);
    const total = layers.reduce((sum, layer) => sum + layer.count, 0);
    const linear = layers.filter((layer) => layer.kind === "linear").reduce((sum, layer) => sum + layer.count, 0);
    const first = layers.find((layer) => layer.name === "fc1")?.count ?? 0;
    f.say(t("For a {side} px input and {labels} labels, simpleconv3 has {total} parameters. {linear} are in the three linear layers, {first} in fc1 alone; the convolutions, which look at the picture, have {conv}.", {
      side, labels, total: whole(total), linear: percent(linear / total, 1), first: percent(first / total, 1), conv: whole(layers.filter((layer) => layer.kind === "convolution").reduce((sum, layer) => sum + layer.count, 0)),
    }));
  }

  update();
  return f;
}
