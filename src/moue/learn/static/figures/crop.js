// @ts-check
/** The border of a picture comes close to the mouth: the tutorial moves its square, moue pads. */
import { centredSquare, movedCrop, movedSquare, offset, padded } from "../core/crop.js";
import { unpack } from "../core/pack.js";
import { Chart } from "./chart.js";
import { bitmap, button, canvas, checkbox, frame, h, percent, s, slider, texts } from "./parts.js";

const TILE = 132;

/** @param {HTMLElement} element @param {{lang: string, params?: Record<string, string>, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "crop");
  const f = frame(element, t, t("The crop of a mouth at the border of a picture"));
  const answer = unpack(await context.data("crop", context.params?.picture ? { picture: context.params.picture } : {}));
  const [height, width] = answer.picture.shape;
  const lips = answer.lips.map((/** @type {number} */ v) => Math.round(v));
  const image = bitmap(answer.picture, width, height).toDataURL();
  let right = width;
  let bottom = height;
  let copied = false;

  f.stage.classList.add("mf-wide-left");
  const left = h("div", {}, h("p", { class: "mf-title" }, t("The picture"), " ", h("small", {}, t("Drag its corner towards the mouth."))));
  const [tutorial, moue] = [tile(t("Tutorial: moved")), tile(t("moue: padded"))];
  const more = h("p", { class: "mf-note" });
  f.stage.append(left, h("div", { class: "mf-stack" }, h("div", { class: "mf-tiles" }, tutorial.box, moue.box), more));
  const chart = new Chart(left, {
    label: t("Picture with lip box and squares"), height: (w) => Math.min(420, ((w - 66) * height) / width + 52),
    x: { min: 0, max: width, label: "px" }, y: { min: height, max: 0, label: "" }, paint,
  });
  chart.handle({
    label: t("Lower right corner of the picture"), at: () => [right, bottom], step: [4, 4],
    text: () => t("{w} px wide, {h} px high", { w: right, h: bottom }),
    shape: s("path", { class: "mf-dot", d: "M-9 -9H9V9H-9Z" }),
    move: (x, y) => { right = Math.max(lips[2], Math.round(x)); bottom = Math.max(lips[3], Math.round(y)); update(); },
  });
  const wide = slider({ label: t("Right border"), min: lips[2], max: width, step: 1, value: right, format: (v) => `${v} px`, onInput: (v) => { right = v; update(); } });
  const high = slider({ label: t("Lower border"), min: lips[3], max: height, step: 1, value: bottom, format: (v) => `${v} px`, onInput: (v) => { bottom = v; update(); } });
  const copy = checkbox(t("the copy in the tutorial's test program (limits y by the width)"), false, (v) => { copied = v; update(); });
  f.controls.append(wide.element, high.element, h("div", { class: "mf-row" },
    button(t("To the lips"), () => { right = lips[2]; bottom = lips[3]; update(); }),
    button(t("Whole picture"), () => { right = width; bottom = height; update(); }), copy.element));
  f.table(() => {
    const rows = squares();
    return {
      head: [t("Program"), t("Left"), t("Top"), t("Side"), t("Shape of the crop"), t("Mouth off the centre")],
      rows: [[t("Tutorial"), ...rows.moved.map((v) => v.toFixed(1)), `(${rows.shape.join(", ")}, 3)`, percent(rows.off)],
        ["moue", ...rows.centred, `(${rows.centred[2]}, ${rows.centred[2]}, 3)`, percent(offset(lips, rows.centred))]],
    };
  });
  f.onEnd(() => chart.destroy());

  /** @param {string} title */
  function tile(title) {
    const picture = canvas(title);
    const text = h("figcaption", {});
    return { picture, text, box: h("figure", { class: "mf-tile" }, h("p", { class: "mf-title" }, title), picture.element, text) };
  }

  function squares() {
    const moved = movedSquare(lips, right, bottom, copied);
    const { rows, columns } = movedCrop(moved, right, bottom);
    const shape = [rows[1] - rows[0], columns[1] - columns[0]];
    return { moved, rows, columns, shape, centred: centredSquare(lips), off: offset(lips, moved) };
  }

  function update() {
    wide.set(right);
    high.set(bottom);
    chart.redraw();
  }

  /** @param {Chart} c */
  function paint(c) {
    const { moved, rows, columns, shape, centred, off } = squares();
    /** @param {number[]} square @param {string} name */
    const outline = ([x, y, side], name) => s("rect", { class: name, x: c.px(x), y: c.py(y), width: c.px(x + side) - c.px(x), height: c.py(y + side) - c.py(y) });
    c.show(
      s("image", { href: image, x: c.left, y: c.top, width: c.right - c.left, height: c.bottom - c.top, preserveAspectRatio: "none" }),
      s("path", { class: "mf-outside", d: `M${c.px(right)} ${c.top}H${c.right}V${c.bottom}H${c.left}V${c.py(bottom)}H${c.px(right)}Z` }),
      s("rect", { class: "mf-lips", x: c.px(lips[0]), y: c.py(lips[1]), width: c.px(lips[2]) - c.px(lips[0]), height: c.py(lips[3]) - c.py(lips[1]) }),
      outline(centred, "mf-square-good"), outline(moved, "mf-square-bad"),
    );
    const good = moue.picture.size(TILE, TILE);
    good.imageSmoothingEnabled = false;
    good.drawImage(bitmap(padded(answer.picture, width, right, bottom, centred), centred[2], centred[2]), 0, 0, TILE, TILE);
    moue.text.textContent = t("mouth in the centre");
    const bad = tutorial.picture.size(TILE, TILE);
    bad.imageSmoothingEnabled = false;
    bad.clearRect(0, 0, TILE, TILE);
    const empty = shape[0] === 0 || shape[1] === 0;
    if (!empty) {
      bad.drawImage(bitmap(cut(rows, columns), shape[1], shape[0]), 0, 0, TILE, TILE);
      const zoom = [TILE / shape[1], TILE / shape[0]];
      bad.strokeStyle = "#ffb27a";
      bad.lineWidth = 2;
      const [x, y] = [((lips[0] + lips[2]) / 2 - columns[0]) * zoom[0], ((lips[1] + lips[3]) / 2 - rows[0]) * zoom[1]];
      bad.strokeRect(x - 4, y - 4, 8, 8);
    }
    tutorial.picture.element.classList.toggle("mf-empty", empty);
    const square = shape[0] === shape[1] || Math.abs(shape[0] - shape[1]) === 1;
    const values = { h: shape[0], w: shape[1], off: percent(off) };
    tutorial.text.textContent = empty ? t("empty: cv2.resize fails") : !square ? t("{h} × {w} px, distorted by the resize", values)
      : off > 0.005 ? t("mouth {off} off the centre", values) : t("mouth in the centre");
    more.textContent = t("The network sees the crops resized to a square, as here.");
    f.say(empty
      ? t("The tutorial's crop is empty ({h} × {w} pixels), so cv2.resize raises an error. moue's crop has the mouth in the centre; the border is repeated outside the picture.", values)
      : !square
        ? t("The tutorial's crop is cut to {h} × {w} pixels and then stretched to a square. moue's crop has the mouth in the centre; the border is repeated outside the picture.", values)
        : off > 0.005
          ? t("The square does not fit, so the tutorial moves it: the mouth is {off} of the side off the centre. moue keeps the mouth in the centre and repeats the border.", values)
          : t("The square fits into the picture: both crops are equal. Move the border towards the mouth."));
  }

  /** @param {[number, number]} rows @param {[number, number]} columns */
  function cut([top, end], [start, stop]) {
    const out = new Uint8Array((end - top) * (stop - start) * 3);
    for (let y = top; y < end; y += 1) out.set(answer.picture.subarray(3 * (y * width + start), 3 * (y * width + stop)), 3 * (y - top) * (stop - start));
    return out;
  }

  update();
  return f;
}
