// @ts-check
/** What each layer of simpleconv3 makes of a mouth, computed in the browser. */
import { softmax } from "../core/losses.js";
import { forward } from "../core/network.js";
import { unpack } from "../core/pack.js";
import { bitmap, canvas, checkbox, choice, fixed, frame, h, percent, responsive, rgb, slider, texts } from "./parts.js";

const LAYERS = ["1", "2", "3", "fc1", "fc2"];
const GRIDS = { "1": 4, "2": 6, "3": 8, fc1: 40, fc2: 16 };

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "feature-maps");
  const f = frame(element, t, t("What each layer of simpleconv3 sees"));
  const w = unpack(await context.data("feature-maps"));
  const size = w.mouths.shape[1];
  let mouth = 0;
  let layer = "1";
  let map = 0;
  let rectified = true;
  let place = 0;
  /** @type {ReturnType<typeof forward>} */
  let all = {};
  let taken = 0;

  f.stage.classList.add("mf-two");
  const [source, maps, one] = [canvas(t("Input of the layer")), canvas(t("All maps of the layer")), canvas(t("The chosen map"))];
  const [mapsTitle, oneTitle, sourceTitle] = [0, 0, 0].map(() => h("p", { class: "mf-title" }));
  const sum = h("p", { class: "mf-note" });
  const bars = h("div", { class: "mf-gradients" });
  const left = h("div", { class: "mf-stack" }, h("div", {}, mapsTitle, maps.element));
  const right = h("div", { class: "mf-stack" }, h("div", { class: "mf-tiles" }, h("div", {}, sourceTitle, source.element), h("div", {}, oneTitle, one.element)), sum,
    h("div", {}, h("p", { class: "mf-title" }, t("The answer of the network")), bars));
  f.stage.append(left, right);
  const numbers = slider({ label: t("Map"), min: 1, max: 12, step: 1, value: 1, onInput: (v) => { map = v - 1; update(); } });
  const places = slider({ label: t("Pixel of the map"), min: 1, max: 529, step: 1, value: 1, format: pixelText, onInput: (v) => { place = v - 1; update(); } });
  const positive = checkbox(t("after ReLU"), true, (v) => { rectified = v; update(); });
  f.controls.append(
    choice({ label: t("Mouth"), value: "0", options: w.names.map((/** @type {string} */ _, /** @type {number} */ i) => [String(i), `${w.labels[i]} ${i % 2 + 1}`]), onChange: (v) => { mouth = Number(v); calculate(); } }).element,
    choice({ label: t("Layer"), value: layer, options: [["1", "conv1"], ["2", "conv2"], ["3", "conv3"], ["fc1", "fc1"], ["fc2", "fc2"]], onChange: (v) => { layer = v; fit(); update(); } }).element,
    numbers.element, places.element, positive.element);
  f.table(() => ({ head: [t("Layer"), t("Maps"), t("Side"), t("Values"), t("Values above 0"), t("Mean")],
    rows: ["input", "relu1", "relu2", "relu3", "fc1", "fc2", "fc3"].map((name) => {
      const { values, count, side } = all[name];
      const above = values.filter((v) => v > 0).length;
      return [{ relu1: "conv1", relu2: "conv2", relu3: "conv3" }[name] ?? name, count, side, values.length, percent(above / values.length), fixed(values.reduce((a, b) => a + b, 0) / values.length, 3)];
    }) }));
  f.onEnd(responsive(left, () => paint()));
  // The sliders do the same by keyboard.
  maps.element.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (!isConv()) return;
    const { count, side } = shown();
    const columns = GRIDS[/** @type {keyof typeof GRIDS} */ (layer)];
    const [x, y] = share(maps.element, event).map((v, i) => v * (i ? Math.ceil(count / columns) : columns));
    map = Math.min(count - 1, Math.floor(y) * columns + Math.floor(x));
    choose(x % 1, y % 1, side);
  });
  one.element.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const [x, y] = share(one.element, event);
    choose(x, y, shown().side);
  });

  /** Place of the pointer in an element, from 0 to 1. @param {HTMLElement} target @param {PointerEvent} event */
  function share(target, event) {
    const area = target.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height].map((v) => Math.min(0.999, Math.max(0, v)));
  }

  /** @param {number} x @param {number} y @param {number} side */
  function choose(x, y, side) {
    place = Math.floor(y * side) * side + Math.floor(x * side);
    numbers.set(map + 1);
    places.set(place + 1);
    update();
  }

  const isConv = () => LAYERS.indexOf(layer) < 3;
  const shown = () => all[isConv() ? `${rectified ? "relu" : "bn"}${layer}` : layer];

  /** @param {number} v */
  function pixelText(v) {
    const side = all.input ? shown().side : 23;
    return `${Math.floor((v - 1) / side) + 1}, ${((v - 1) % side) + 1}`;
  }

  /** Fit the sliders to the layer. */
  function fit() {
    const { count, side } = shown();
    map = Math.min(map, count - 1);
    place = Math.min(Math.floor((side * side) / 2), side * side - 1);
    numbers.limit(count);
    numbers.set(map + 1);
    places.limit(side * side);
    places.set(place + 1);
    numbers.element.hidden = places.element.hidden = positive.element.hidden = !isConv();
  }

  function calculate() {
    const start = performance.now();
    all = forward(w, w.mouths.subarray(3 * size * size * mouth, 3 * size * size * (mouth + 1)), size);
    taken = performance.now() - start;
    if (places.value === 1 && place === 0) fit();
    update();
  }

  function update() {
    paint();
    const p = softmax([...all.fc3.values]);
    bars.replaceChildren(...p.map((v, i) => h("div", { class: "mf-meter" }, h("span", {}, w.outputs[i]), h("div", {}, h("i", { style: { width: `${100 * v}%` } })), h("b", {}, percent(v, 1)))));
    const { values, count, side } = shown();
    const above = values.filter((v) => v > 0).length;
    const facts = { layer: isConv() ? `conv${layer}` : layer, count, side, above: percent(above / values.length), ms: fixed(taken, 0), label: w.labels[mouth], guess: w.outputs[p.indexOf(Math.max(...p))], p: percent(Math.max(...p), 1), map: map + 1, value: fixed(values[map * side * side + place] ?? 0, 2) };
    const reading = isConv()
      ? t("{layer} has {count} maps of {side} × {side}; {above} of the values are above 0. Map {map} has {value} at the chosen pixel.", facts)
      : t("{layer} has {count} numbers without a place in the picture; {above} are above 0.", facts);
    f.say(t.join(reading, t("The network says {guess} ({p}) for this mouth with the label {label}, in {ms} ms.", facts)));
  }

  /** Colours of values: negative, zero, positive. @param {ArrayLike<number>} values @param {number} from @param {number} length @param {number} top */
  function colours(values, from, length, top) {
    const [low, zero, high] = ["--f-c1", "--f-panel", "--f-high"].map((name) => rgb(f.root, name));
    const out = new Uint8Array(3 * length);
    for (let i = 0; i < length; i += 1) {
      const v = Math.max(-1, Math.min(1, values[from + i] / top));
      const other = v < 0 ? low : high;
      for (let c = 0; c < 3; c += 1) out[3 * i + c] = zero[c] + (other[c] - zero[c]) * Math.abs(v);
    }
    return out;
  }

  function paint() {
    const width = Math.min(420, left.clientWidth);
    if (!width || !all.input) return;
    const { values, count, side } = shown();
    const top = [...values].reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
    const columns = GRIDS[/** @type {keyof typeof GRIDS} */ (layer)];
    const gap = isConv() ? 4 : 0;
    const cell = Math.floor((width - (columns - 1) * gap) / columns);
    const rows = Math.ceil(count / columns);
    const pen = maps.size(columns * cell + (columns - 1) * gap, rows * cell + (rows - 1) * gap);
    pen.imageSmoothingEnabled = false;
    for (let n = 0; n < count; n += 1) {
      const [x, y] = [(n % columns) * (cell + gap), Math.floor(n / columns) * (cell + gap)];
      pen.drawImage(bitmap(colours(values, n * side * side, side * side, top), side, side), x, y, cell, cell);
      if (isConv() && n === map) {
        pen.strokeStyle = `rgb(${rgb(f.root, "--f-c2").join(" ")})`;
        pen.lineWidth = 3;
        pen.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
      }
    }
    const facts = { layer: isConv() ? `conv${layer}` : layer, count, side };
    mapsTitle.replaceChildren(isConv() ? t("{layer}: {count} maps of {side} × {side} px", facts) : t("{layer}: {count} numbers", facts));
    paintSource();
    paintOne(values, side, top);
  }

  function paintSource() {
    const pen = source.size(144, 144);
    pen.imageSmoothingEnabled = false;
    const start = (size - 48) / 2;
    const pixels = bitmap(w.mouths.subarray(3 * size * size * mouth, 3 * size * size * (mouth + 1)), size, size);
    pen.drawImage(pixels, start, start, 48, 48, 0, 0, 144, 144);
    sourceTitle.textContent = t("The input, 48 × 48 px");
    if (!isConv()) return;
    const { side } = shown();
    const [y, x] = [Math.floor(place / side), place % side];
    // Input pixels that reach one pixel of the layer: 3, 7 or 15 with strides 2, 4 and 8.
    const [reach, stride] = [[3, 2], [7, 4], [15, 8]][Number(layer) - 1];
    pen.strokeStyle = "#101214";
    pen.lineWidth = 4;
    pen.strokeRect(3 * x * stride, 3 * y * stride, 3 * reach, 3 * reach);
    pen.strokeStyle = "#6ff0e6";
    pen.lineWidth = 2;
    pen.strokeRect(3 * x * stride, 3 * y * stride, 3 * reach, 3 * reach);
  }

  /** @param {Float32Array} values @param {number} side @param {number} top */
  function paintOne(values, side, top) {
    one.element.parentElement.hidden = sum.hidden = !isConv();
    if (!isConv()) return;
    const pen = one.size(144, 144);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(bitmap(colours(values, map * side * side, side * side, top), side, side), 0, 0, 144, 144);
    const unit = 144 / side;
    pen.strokeStyle = `rgb(${rgb(f.root, "--f-c2").join(" ")})`;
    pen.lineWidth = 2;
    pen.strokeRect((place % side) * unit, Math.floor(place / side) * unit, unit, unit);
    oneTitle.textContent = t("Map {n}", { n: map + 1 });
    const before = Number(layer) === 1 ? all.input : all[`relu${Number(layer) - 1}`];
    sum.textContent = t("The chosen pixel adds {n} products: 3 × 3 pixels of each of {maps} maps, times the weights of map {map}. Sum {sum}, after batch normalisation {norm}, after ReLU {relu}.", {
      n: 9 * before.count, maps: before.count, map: map + 1, sum: fixed(all[`conv${layer}`].values[map * side * side + place], 2),
      norm: fixed(all[`bn${layer}`].values[map * side * side + place], 2), relu: fixed(all[`relu${layer}`].values[map * side * side + place], 2),
    });
  }

  calculate();
  return f;
}
