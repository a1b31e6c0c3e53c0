// @ts-check
/** What one pixel of each layer sees of the input. */
import { unpack } from "../core/pack.js";
import { variant } from "../core/receptive-field.js";
import { bitmap, canvas, choice, frame, h, percent, responsive, slider, texts } from "./parts.js";

const SIDE = 48;
const COLOURS = ["#ffffff", "#6ff0e6", "#ffb27a", "#c9b6ff"];

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "receptive-field");
  const f = frame(element, t, t("The receptive field of each layer"));
  const data = unpack(await context.data("receptive-field"));
  const size = data.mouths.shape[1];
  let mouth = 0;
  let kernel = 3;
  let stride = 2;
  let layer = 3;
  let [row, column] = [2, 2];
  let layers = variant(kernel, stride, SIDE);

  f.stage.classList.add("mf-wide-left");
  const picture = canvas(t("The input with the fields of one pixel of each layer"));
  const maps = h("div", { class: "mf-stack" });
  const left = h("div", {}, h("p", { class: "mf-title" }, t("The input, 48 × 48 px")), picture.element);
  f.stage.append(left, maps);
  const grids = [1, 2, 3].map((n) => {
    const title = h("p", { class: "mf-title" });
    const grid = canvas(t("Pixels of conv{n}", { n }));
    grid.element.style.touchAction = "none";
    grid.element.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      const box = grid.element.getBoundingClientRect();
      if (!layers[n]) return;
      layer = n;
      row = Math.min(layers[n].side - 1, Math.floor(((event.clientY - box.top) / box.height) * layers[n].side));
      column = Math.min(layers[n].side - 1, Math.floor(((event.clientX - box.left) / box.width) * layers[n].side));
      which.set(String(n));
      update();
    });
    maps.append(h("div", {}, title, grid.element));
    return { title, grid };
  });
  const which = choice({ label: t("Layer"), value: "3", options: [["1", "conv1"], ["2", "conv2"], ["3", "conv3"]], onChange: (v) => { layer = Number(v); centre(); update(); } });
  const rows = slider({ label: t("Row"), min: 1, max: 5, step: 1, value: 3, onInput: (v) => { row = v - 1; update(); } });
  const columns = slider({ label: t("Column"), min: 1, max: 5, step: 1, value: 3, onInput: (v) => { column = v - 1; update(); } });
  const kernels = slider({ label: t("Kernel"), min: 1, max: 7, step: 2, value: 3, format: (v) => `${v} × ${v}`, onInput: (v) => { kernel = v; change(); } });
  const strides = slider({ label: t("Stride"), min: 1, max: 3, step: 1, value: 2, onInput: (v) => { stride = v; change(); } });
  f.controls.append(which.element, rows.element, columns.element, kernels.element, strides.element,
    choice({ label: t("Mouth"), value: "0", options: data.labels.map((/** @type {string} */ label, /** @type {number} */ i) => [String(i), label]), onChange: (v) => { mouth = Number(v); update(); } }).element);
  f.table(() => ({ head: [t("Layer"), t("Maps, px"), t("Distance of neighbours, input px"), t("Field, input px"), t("Share of the input")],
    rows: layers.map((one) => [one.name === "input" ? t("input") : one.name, `${one.side} × ${one.side}`, one.jump, `${one.field} × ${one.field}`, percent(Math.min(1, (one.field / SIDE) ** 2), 1)]) }));
  f.onEnd(responsive(left, () => paint()));

  function centre() { [row, column] = [Math.floor(layers[layer].side / 2), Math.floor(layers[layer].side / 2)]; }

  function change() {
    layers = variant(kernel, stride, SIDE);
    layer = Math.min(layer, layers.length - 1);
    which.set(String(layer));
    centre();
    update();
  }

  function update() {
    const { side } = layers[layer];
    [row, column] = [Math.min(row, side - 1), Math.min(column, side - 1)];
    rows.limit(side);
    columns.limit(side);
    rows.set(row + 1);
    columns.set(column + 1);
    paint();
    const now = layers[layer];
    const last = layers[layers.length - 1];
    f.say(t.join(
      t("The pixel in row {row}, column {column} of {name} sees {field} × {field} pixels of the input, {share} of it; its neighbour sees a square {jump} px further.", { row: row + 1, column: column + 1, name: now.name, field: Math.min(now.field, SIDE), share: percent(Math.min(1, (now.field / SIDE) ** 2), 1), jump: now.jump }),
      layers.length < 4 ? t("With this kernel and stride, no pixel is left after {name}.", { name: last.name })
        : t("After three convolutions with kernel {kernel} and stride {stride}, {side} × {side} pixels are left.", { kernel, stride, side: last.side })));
  }

  /** Squares that the chosen pixel sees in each earlier layer, in pixels of that layer. */
  function seen() {
    const squares = [];
    let [top, leftmost, length] = [row, column, 1];
    squares[layer] = { top, left: leftmost, length };
    for (let n = layer - 1; n >= 0; n -= 1) {
      [top, leftmost, length] = [top * stride, leftmost * stride, (length - 1) * stride + kernel];
      squares[n] = { top, left: leftmost, length };
    }
    return squares;
  }

  function paint() {
    const width = Math.min(left.clientWidth, 440);
    if (!width) return;
    const squares = seen();
    const pen = picture.size(width, width);
    pen.imageSmoothingEnabled = false;
    const start = (size - SIDE) / 2;
    pen.drawImage(bitmap(data.mouths.subarray(3 * size * size * mouth, 3 * size * size * (mouth + 1)), size, size), start, start, SIDE, SIDE, 0, 0, width, width);
    const zoom = width / SIDE;
    const { top, left: x, length } = squares[0];
    pen.fillStyle = "rgb(10 14 18 / 55%)";
    pen.beginPath();
    pen.rect(0, 0, width, width);
    pen.rect(x * zoom, top * zoom, length * zoom, length * zoom);
    pen.fill("evenodd");
    // The pixels of the layers between, at the places of their fields.
    for (let n = 1; n <= layer; n += 1) {
      const { top: u, left: v, length: l } = squares[n];
      const { jump, field } = layers[n];
      pen.strokeStyle = COLOURS[n];
      pen.lineWidth = n === layer ? 3 : 1;
      pen.globalAlpha = n === layer ? 1 : 0.8;
      for (let i = 0; i < l; i += 1) for (let j = 0; j < l; j += 1) pen.strokeRect((v + j) * jump * zoom, (u + i) * jump * zoom, field * zoom, field * zoom);
    }
    pen.globalAlpha = 1;
    grids.forEach(({ title, grid }, index) => {
      const n = index + 1;
      const one = layers[n];
      title.parentElement.hidden = !one;
      if (!one) return;
      title.replaceChildren(`conv${n} `, h("small", {}, t("{side} × {side} px; each sees {field} × {field} of the input", { side: one.side, field: one.field })));
      const unit = Math.max(3, Math.floor(140 / one.side));
      const brush = grid.size(unit * one.side, unit * one.side);
      for (let i = 0; i < one.side; i += 1) for (let j = 0; j < one.side; j += 1) {
        const s = squares[n];
        const inside = s && n <= layer && i >= s.top && i < s.top + s.length && j >= s.left && j < s.left + s.length;
        brush.fillStyle = inside ? COLOURS[n] : "#2a3138";
        brush.fillRect(j * unit, i * unit, unit - 1, unit - 1);
      }
    });
  }

  update();
  return f;
}
