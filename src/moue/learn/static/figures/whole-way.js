// @ts-check
/** The way of one picture, from the file to the label, in ten steps. */
import { unpack } from "../core/pack.js";
import { CHAPTERS, chapterLink, flow, STEPS } from "../core/whole-way.js";
import { bitmap, button, canvas, choice, frame, h, percent, player, responsive, texts, whole } from "./parts.js";

/** @param {HTMLElement} element @param {{lang: string, params?: Record<string, string>, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "whole-way");
  const f = frame(element, t, t("The way of a picture in ten steps"));
  const d = unpack(await context.data("whole-way", context.params?.picture ? { picture: context.params.picture } : {}));
  const [height, width] = d.picture.shape;
  const photo = bitmap(d.picture, width, height);
  const crop = bitmap(d.crop, d.crop.shape[0], d.crop.shape[0]);
  const names = { collect: t("collect"), convert: t("convert"), clean: t("clean"), dedupe: t("dedupe"), crop: t("crop"), label: t("label"), split: t("split"), train: t("train"), evaluate: t("evaluate"), predict: t("predict") };
  const titles = { collect: t("2 · Collecting"), convert: t("3 · One format"), clean: t("4 · The cascade"), dedupe: t("6 · Duplicates"), crop: t("5 · Landmarks and crop"), label: t("7 · The data interface"), split: t("13 · Honest testing"), train: t("12 · Training"), evaluate: t("13 · Honest testing"), predict: t("14 · Pictures, video, camera") };
  let at = 0;

  const steps = choice({ label: t("Step"), value: STEPS[0], options: STEPS.map((name, i) => [name, `${i + 1} ${names[name]}`]), onChange: (v) => { play.stop(); at = STEPS.indexOf(/** @type {any} */ (v)); update(); } });
  steps.element.classList.add("mf-steps");
  const view = canvas(t("The picture at this step"));
  const facts = h("dl", { class: "mf-facts" });
  const holder = h("div", {}, view.element);
  f.stage.before(steps.element);
  f.stage.classList.add("mf-two");
  f.stage.append(holder, facts);
  const play = player(t, () => { at += 1; update(); return at < STEPS.length - 1; }, { rate: 0.7, before: () => { if (at === STEPS.length - 1) at = -1; } });
  f.controls.append(h("div", { class: "mf-row" },
    button(t("Back"), () => { play.stop(); at = (at + STEPS.length - 1) % STEPS.length; update(); }),
    button(t("Next"), () => { play.stop(); at = (at + 1) % STEPS.length; update(); }), play.element));
  f.table(() => ({ head: [t("Step"), t("In"), t("Out")], rows: flow(d).map(([name, before, after]) => [names[/** @type {keyof typeof names} */ (name)], whole(before), whole(after)]) }));
  f.onEnd(responsive(holder, () => paint()));
  f.onEnd(() => play.stop());

  const label = d.label ?? t("no label");
  const guess = d.probabilities ? d.labels[[...d.probabilities].indexOf(Math.max(...d.probabilities))] : label;
  const values = {
    name: d.name, kb: whole(d.bytes / 1024), format: d.format, w: d.size[0], h: d.size[1], pictures: whole(d.pictures), mouths: whole(d.mouths), persons: whole(d.persons), label,
    hash: d.hash, train: whole(d.sets.train), val: whole(d.sets.val), test: whole(d.sets.test), right: d.right ?? "–", predicted: d.predicted ?? "–", share: d.predicted ? percent(d.right / d.predicted) : "–",
    low: d.interval ? percent(d.interval[0]) : "–", high: d.interval ? percent(d.interval[1]) : "–", guess, p: d.probabilities ? percent(Math.max(...d.probabilities)) : "–",
  };
  const table = {
    collect: [t("files, folders, a search, a camera"), t("one row per picture in the catalog; {pictures} here", values), t("unreadable files, pictures without permission")],
    convert: [t("{format}, {w} × {h} px, {kb} KB", values), t("an upright RGB JPEG"), t("truncated files, files that are no picture")],
    clean: [t("the picture in grey"), t("faces, lips, sharpness, exposure"), t("pictures without a usable face")],
    dedupe: [t("the hash {hash}", values), t("groups of near-duplicates"), t("all but the best picture of a group")],
    crop: [t("the lip box"), t("a square mouth; {mouths} here", values), t("mouths that are too small")],
    label: [t("folder names, a CSV file, or you"), t("the label {label}", values), t("mouths without a label")],
    split: [t("{mouths} mouths of {persons} persons", values), t("{train} to train, {val} to choose, {test} to test", values), t("nothing; but a wrong split flatters")],
    train: [t("{train} mouths, 48 × 48 px, changed at random", values), t("the weights of a network"), t("nothing; too many epochs memorise")],
    evaluate: [t("{predicted} mouths that the network never saw", values), t("{right} right: {share} (95 % interval {low} to {high})", values), t("trust, if you test on what you trained on")],
    predict: [t("a new picture"), t("{guess}, {p}", values), t("the answer, if the network is unsure")],
  };

  function update() {
    steps.set(STEPS[at]);
    paint();
    const name = STEPS[at];
    const [before, after, lost] = table[name];
    const link = h("a", { href: chapterLink(location.pathname, location.search, CHAPTERS[name]) }, titles[name]);
    facts.replaceChildren(h("dt", {}, t("Comes in")), h("dd", {}, before), h("dt", {}, t("Goes out")), h("dd", {}, after), h("dt", {}, t("Can be lost")), h("dd", {}, lost), h("dt", {}, t("Chapter")), h("dd", {}, link));
    f.say(t("Step {n} of 10, {step}. In: {before}. Out: {after}. Can be lost: {lost}.", { n: at + 1, step: names[name], before, after, lost }));
  }

  function paint() {
    const size = Math.min(holder.clientWidth, 380);
    if (!size) return;
    const zoom = size / Math.max(width, height);
    const pen = view.size(size, height * zoom);
    const name = STEPS[at];
    const grey = name === "clean" || name === "dedupe";
    const late = at >= 6;
    const tall = height * zoom;
    pen.fillStyle = "#15191d";
    pen.fillRect(0, 0, size, tall);
    pen.imageSmoothingEnabled = !late;
    if (late || name === "label") {
      const side = Math.min(size, tall) * 0.62;
      pen.imageSmoothingEnabled = false;
      if (name === "train") {
        // The centre of 48 pixels, mirrored, as the network gets it.
        pen.save();
        pen.translate(size, 0);
        pen.scale(-1, 1);
        pen.drawImage(crop, 8, 8, 48, 48, (size - side) / 2, tall * 0.08, side, side);
        pen.restore();
      } else if (name === "predict") {
        pen.imageSmoothingEnabled = true;
        pen.drawImage(photo, 0, 0, size, tall);
        box(pen, d.box.map((/** @type {number} */ v) => v * zoom), "#ffd45e", `${values.guess} ${values.p}`);
        return;
      } else pen.drawImage(crop, (size - side) / 2, tall * 0.08, side, side);
      const line = { label: values.label, split: t("{train} · {val} · {test}", values), train: "48 × 48", evaluate: t("{right} of {predicted}", values) }[/** @type {"label" | "split" | "train" | "evaluate"} */ (name)];
      pen.fillStyle = "#ffffff";
      pen.font = "600 20px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText(String(line), size / 2, tall * 0.86);
      return;
    }
    pen.filter = grey ? "grayscale(1)" : "none";
    pen.drawImage(photo, 0, 0, size, tall);
    pen.filter = "none";
    if (name === "clean" || name === "crop") {
      box(pen, d.face.map((/** @type {number} */ v) => v * zoom), "#6ff0e6", t("face"));
      box(pen, d.lips.map((/** @type {number} */ v) => v * zoom), "#ffb27a", t("lips"));
    }
    if (name === "crop") box(pen, d.box.map((/** @type {number} */ v) => v * zoom), "#ffd45e", t("mouth box"), true);
    if (name === "dedupe") note(pen, d.hash, tall);
    if (name === "collect") note(pen, d.name, tall);
    if (name === "convert") note(pen, `${values.format} → JPEG`, tall);
  }

  /** @param {CanvasRenderingContext2D} pen @param {string} text @param {number} tall */
  function note(pen, text, tall) {
    pen.font = "600 14px ui-monospace, monospace";
    pen.textAlign = "left";
    const length = pen.measureText(text).width + 20;
    pen.fillStyle = "rgb(16 18 20 / 82%)";
    pen.fillRect(10, tall - 42, length, 32);
    pen.fillStyle = "#ffffff";
    pen.fillText(text, 20, tall - 21);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number[]} edges @param {string} paint_ @param {string} text @param {boolean} [below] */
  function box(pen, [left, top, right, bottom], paint_, text, below = false) {
    pen.strokeStyle = paint_;
    pen.lineWidth = 2.5;
    pen.strokeRect(left, top, right - left, bottom - top);
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "left";
    const length = pen.measureText(text).width + 10;
    const y = below ? bottom : top - 20;
    pen.fillStyle = paint_;
    pen.fillRect(left - 1, y, length, 20);
    pen.fillStyle = "#101214";
    pen.fillText(text, left + 4, y + 14);
  }

  update();
  return f;
}
