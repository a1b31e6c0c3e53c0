// @ts-check
/** Twenty draws of RandomResizedCrop(48) and RandomHorizontalFlip from one mouth. */
import { unpack } from "../core/pack.js";
import { numbers } from "../core/random.js";
import { apply, draw } from "../core/transforms.js";
import { bitmap, button, canvas, choice, fixed, frame, h, percent, slider, texts } from "./parts.js";

const COUNT = 20;
const SIDE = 48;
const SMALL = 0.3;

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "transforms");
  const f = frame(element, t, t("Twenty random crops of one mouth"));
  const answer = unpack(await context.data("transforms"));
  const source = answer.mouths.shape[1];
  let mouth = 0;
  let low = 0.08;
  let seed = 1;
  /** @type {import("../core/transforms.js").Draw[]} */
  let draws = [];
  let pointed = -1;

  f.stage.classList.add("mf-narrow-left");
  const whole = canvas(t("The mouth with the outlines of the crops"));
  const grid = h("div", { class: "mf-draws" });
  const tiles = Array.from({ length: COUNT }, (_, i) => {
    const tile = canvas(t("Draw {n}", { n: i + 1 }));
    tile.element.classList.add("mf-pixels");
    tile.element.addEventListener("pointerenter", () => { pointed = i; outline(); });
    tile.element.addEventListener("pointerleave", () => { pointed = -1; outline(); });
    grid.append(tile.element);
    return tile;
  });
  f.stage.append(
    h("div", {}, h("p", { class: "mf-title" }, t("The mouth"), " ", h("small", {}, t("64 × 64 px; each outline is one crop"))), whole.element),
    h("div", {}, h("p", { class: "mf-title" }, t("What the network gets"), " ", h("small", {}, t("48 × 48 px, half of them mirrored; point at one"))), grid));
  const smallest = slider({ label: t("Smallest share of the area"), min: 0.08, max: 1, step: 0.02, value: low, format: (v) => percent(v), onInput: (v) => { low = v; update(); } });
  const seeds = slider({ label: t("Seed"), min: 1, max: 100, step: 1, value: seed, onInput: (v) => { seed = v; update(); } });
  f.controls.append(smallest.element, seeds.element,
    choice({ label: t("Mouth"), value: "0", options: answer.names.map((/** @type {string} */ _, /** @type {number} */ i) => [String(i), answer.labels[i]]), onChange: (v) => { mouth = Number(v); update(); } }).element,
    h("div", { class: "mf-row" }, button(t("Draw again"), () => { seed = (seed % 100) + 1; seeds.set(seed); update(); })));
  f.table(() => ({
    head: [t("Draw"), t("Left"), t("Top"), t("Width"), t("Height"), t("Share"), t("Mirrored")],
    rows: draws.map((d, i) => [i + 1, d.left, d.top, d.width, d.height, percent(share(d)), d.flip ? t("yes") : t("no")]),
  }));

  /** @param {import("../core/transforms.js").Draw} d */
  const share = (d) => (d.width * d.height) / source ** 2;

  function update() {
    const stream = numbers(seed, 23 * COUNT);
    draws = Array.from({ length: COUNT }, (_, i) => draw(stream.slice(23 * i, 23 * i + 23), source, [low, 1], [3 / 4, 4 / 3]));
    const pixels = answer.mouths.subarray(mouth * source * source * 3, (mouth + 1) * source * source * 3);
    draws.forEach((d, i) => {
      const pen = tiles[i].size(SIDE, SIDE);
      pen.drawImage(bitmap(apply(pixels, source, SIDE, d), SIDE, SIDE), 0, 0, SIDE, SIDE);
      tiles[i].element.style.width = "100%";
      tiles[i].element.style.height = "auto";
    });
    outline();
    const shares = draws.map(share);
    const small = shares.filter((v) => v < SMALL).length;
    const corners = draws.filter((d) => !(d.left < source / 2 && d.left + d.width > source / 2 && d.top < source / 2 && d.top + d.height > source / 2)).length;
    f.say(t("With scale ({low}, 1), a crop keeps {mean} of the area on average. {small} of {count} keep less than {limit}, and {corners} miss the centre of the mouth: the network learns from lips without corners.", {
      low: fixed(low, 2), mean: percent(shares.reduce((a, b) => a + b, 0) / COUNT), small, count: COUNT, limit: percent(SMALL), corners,
    }));
  }

  function outline() {
    const box = /** @type {HTMLElement} */ (whole.element.parentElement);
    const width = Math.min(300, box.clientWidth || 260);
    const pen = whole.size(width, width);
    const pixels = answer.mouths.subarray(mouth * source * source * 3, (mouth + 1) * source * source * 3);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(bitmap(pixels, source, source), 0, 0, width, width);
    const zoom = width / source;
    draws.forEach((d, i) => {
      pen.strokeStyle = share(d) < SMALL ? "#ffb27a" : "#6ff0e6";
      pen.globalAlpha = pointed < 0 ? 0.75 : i === pointed ? 1 : 0.12;
      pen.lineWidth = i === pointed ? 3 : 1.25;
      pen.strokeRect(d.left * zoom, d.top * zoom, d.width * zoom, d.height * zoom);
    });
    pen.globalAlpha = 1;
  }

  update();
  return f;
}
