// @ts-check
/** Two pictures and their 64 bits. */
import { unpack } from "../core/pack.js";
import { changed, distance, frequencies, bits, reduce, SMALL } from "../core/perceptual-hash.js";
import { random } from "../core/random.js";
import { bitmap, canvas, checkbox, fixed, frame, h, newId, slider, texts } from "./parts.js";

const PICTURE = 112;
const CELL = 14;

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "perceptual-hash");
  const f = frame(element, t, t("The perceptual hashes of two pictures"));
  const data = unpack(await context.data("perceptual-hash"));
  const pictures = data.names.map((/** @type {string} */ name, /** @type {number} */ i) => ({ name, grey: data[`grey${i}`], height: data[`grey${i}`].shape[0], width: data[`grey${i}`].shape[1] }));
  const chosen = [0, 0];
  const change = { zoom: 1.04, light: 1.15, turn: 0, noise: 6, mirror: false };

  f.stage.classList.add("mf-two");
  const sides = [t("First picture"), t("Second picture, changed")].map((title, n) => {
    const [photo, small, code] = [canvas(title), canvas(t("Reduced to 32 × 32")), canvas(t("64 bits"))];
    small.element.classList.add("mf-pixels");
    const id = newId();
    const select = h("select", { id, class: "mf-select", onchange: () => { chosen[n] = Number(select.value); update(); } },
      pictures.map((/** @type {any} */ p, /** @type {number} */ i) => h("option", { value: i, selected: i === chosen[n] }, p.name)));
    f.stage.append(h("div", {}, h("p", { class: "mf-title" }, h("label", { for: id }, title)), select,
      h("div", { class: "mf-tiles mf-hash" }, photo.element, h("div", {}, small.element, h("p", { class: "mf-note" }, "32 × 32")), h("div", {}, code.element, h("p", { class: "mf-note" }, t("8 × 8 bits"))))));
    return { photo, small, code };
  });
  f.controls.append(
    slider({ label: t("Zoom"), min: 1, max: 2, step: 0.02, value: change.zoom, format: (v) => `${fixed(v, 2)} ×`, onInput: (v) => { change.zoom = v; update(); } }).element,
    slider({ label: t("Brightness"), min: 0.4, max: 1.6, step: 0.05, value: change.light, format: (v) => `${fixed(v, 2)} ×`, onInput: (v) => { change.light = v; update(); } }).element,
    slider({ label: t("Rotation"), min: 0, max: 45, step: 1, value: 0, format: (v) => `${v}°`, onInput: (v) => { change.turn = v; update(); } }).element,
    slider({ label: t("Noise"), min: 0, max: 60, step: 2, value: change.noise, format: (v) => t("{n} grey levels", { n: v }), onInput: (v) => { change.noise = v; update(); } }).element,
    checkbox(t("Mirror"), false, (v) => { change.mirror = v; update(); }).element);
  let codes = /** @type {number[][]} */ ([[], []]);
  f.table(() => ({ head: [t("Row of bits"), t("First"), t("Second"), t("Different")],
    rows: Array.from({ length: 8 }, (_, i) => {
      const [a, b] = codes.map((code) => code.slice(8 * i, 8 * i + 8));
      return [i + 1, a.join(""), b.join(""), distance(a, b)];
    }) }));

  function update() {
    const list = chosen.map((index, n) => {
      const { grey, width, height } = pictures[index];
      const pixels = n ? changed(grey, width, height, change, random(7)) : grey;
      const small = reduce(pixels, width, height);
      return { pixels, width, height, small, code: bits(frequencies(small)) };
    });
    codes = list.map((one) => one.code);
    list.forEach(({ pixels, width, height, small, code }, n) => {
      const { photo, small: tiny, code: grid } = sides[n];
      const zoom = PICTURE / Math.max(width, height);
      photo.size(width * zoom, height * zoom).drawImage(bitmap(pixels, width, height), 0, 0, width * zoom, height * zoom);
      const pen = tiny.size(8 * CELL, 8 * CELL);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(bitmap(small, SMALL, SMALL), 0, 0, 8 * CELL, 8 * CELL);
      const brush = grid.size(8 * CELL, 8 * CELL);
      code.forEach((bit, i) => {
        const [x, y] = [(i % 8) * CELL, Math.floor(i / 8) * CELL];
        brush.fillStyle = bit ? "#e9eef2" : "#2a3138";
        brush.fillRect(x, y, CELL - 1, CELL - 1);
        if (codes[0][i] === codes[1][i]) return;
        brush.strokeStyle = "#ff8f3d";
        brush.lineWidth = 3;
        brush.strokeRect(x + 2, y + 2, CELL - 5, CELL - 5);
      });
    });
    const far = distance(codes[0], codes[1]);
    const values = { far, limit: data.limit };
    f.say(t.join(
      t("{far} of 64 bits differ (orange).", values),
      far <= data.limit ? t("At most {limit}: moue takes the pictures for near-duplicates.", values) : t("More than {limit}: for the hash alone, these are different pictures.", values),
      change.mirror ? t("moue also compares the hash of the mirror image, which finds this copy.") : "",
      t("Zoom {z}, brightness {b}, rotation {r}°, noise {n}.", { z: fixed(change.zoom, 2), b: fixed(change.light, 2), r: change.turn, n: change.noise })));
  }

  update();
  return f;
}
