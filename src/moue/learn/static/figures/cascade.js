// @ts-check
/** The cascade on a picture: windows slide, and stage by stage the rejected ones disappear. */
import { exhaustive, group, left as counts, prepare, search } from "../core/cascade.js";
import { unpack } from "../core/pack.js";
import { bitmap, canvas, checkbox, colour, fixed, frame, h, newId, player, responsive, slider, texts, whole } from "./parts.js";
import { drawFeatures, Funnel } from "./cascade_parts.js";

/** @param {HTMLElement} element @param {{lang: string, params?: Record<string, string>, data: Function, onNumber?: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "cascade");
  const f = frame(element, t, t("The cascade classifier on a picture"));
  const answer = unpack(await context.data("cascade", context.params?.picture ? { picture: context.params.picture } : {}));
  const cascade = prepare(/** @type {any} */ (answer));
  const last = cascade.stages.length;
  const total = cascade.thresholds.length;
  const pictures = answer.pictures.map((/** @type {string} */ name, /** @type {number} */ i) => {
    const grey = answer[`grey${i}`];
    const [height, width] = grey.shape;
    return { name, grey, width, height, image: bitmap(grey, width, height) };
  });
  let picture = pictures[0];
  let factor = 1.3;
  let neighbours = 5;
  let stage = 0;
  let window_ = -1;
  let fade = 0;
  /** @type {ReturnType<typeof search>} */
  let found;
  /** @type {number[]} */
  let left = [];
  /** @type {{box: number[], count: number}[]} */
  let faces = [];
  const times = { cascade: 0, all: 0 };

  f.stage.classList.add("mf-wide-left");
  const view = canvas(t("The picture with the windows that are left"));
  const holder = h("div", {}, view.element);
  const patch = canvas(t("The features of this stage on one window"));
  const funnelTitle = h("p", { class: "mf-title" });
  const patchTitle = h("p", { class: "mf-title" });
  const funnelBox = h("div", {}, funnelTitle);
  const side = h("div", { class: "mf-stack" }, funnelBox, h("div", {}, patchTitle, patch.element));
  f.stage.append(holder, side);
  const funnel = new Funnel(funnelBox, last, t("Windows left after each stage"));

  const stages = slider({ label: t("Stage"), min: 0, max: last, step: 1, value: 0, format: (v) => t("{n} of {all}", { n: v, all: last }), onInput: (v) => { stop(); show(v); } });
  const place = slider({ label: t("Window"), min: -1, max: 0, step: 1, value: -1, format: (v) => (v < 0 ? t("all") : whole(v + 1)), onInput: (v) => { stop(); window_ = v; update(); } });
  const scale = slider({ label: "scaleFactor", min: 1.05, max: 1.6, step: 0.05, value: factor, format: (v) => fixed(v, 2), onInput: (v) => { factor = v; later(); } });
  const near = slider({ label: "minNeighbors", min: 0, max: 12, step: 1, value: neighbours, onInput: (v) => { neighbours = v; regroup(); show(last); } });
  const play = player(t, () => { show(stage + 1); return stage < last; }, {
    rate: 2.5, label: t("Play the stages"), before: () => { slide.stop(); show(stage === last ? 0 : stage); },
  });
  const slide = player(t, () => {
    window_ = Math.min(found.passed.length - 1, window_ + Math.ceil(found.passed.length / 600));
    place.set(window_);
    update();
    return window_ < found.passed.length - 1;
  }, {
    rate: 30, label: t("Slide the window"),
    before: () => { play.stop(); show(0, window_ >= found.passed.length - 1 ? -1 : window_); },
  });
  const shown = checkbox(t("Show the picture"), true, () => paint());
  f.controls.append(stages.element, place.element, scale.element, near.element, h("div", { class: "mf-row" },
    play.element, slide.element, shown.element, chooser()));
  f.table(() => ({
    head: [t("Stage"), t("Features"), t("Windows before"), t("Rejected"), t("Windows left")],
    rows: Array.from(cascade.sizes, (size, i) => [i + 1, size, whole(left[i]), whole(left[i] - left[i + 1]), whole(left[i + 1])]),
  }));
  f.onEnd(responsive(holder, () => paint()));
  f.onEnd(() => { stop(); clearTimeout(timer); cancelAnimationFrame(request); funnel.destroy(); });
  let timer = 0;
  let request = 0;

  /** Change of `scaleFactor`: search again when the slider rests. */
  function later() {
    clearTimeout(timer);
    timer = window.setTimeout(searchAgain, 120);
  }

  function searchAgain() {
    const start = performance.now();
    found = search(cascade, picture.grey, picture.width, picture.height, factor);
    const taken = performance.now() - start;
    if (!times.all) {
      const from = performance.now();
      const done = exhaustive(cascade, picture.grey, picture.width, picture.height, 400);
      times.all = (performance.now() - from) / done;
    }
    times.cascade = taken;
    left = counts(found.passed, last);
    place.limit(found.passed.length - 1);
    if (window_ >= found.passed.length) window_ = -1;
    place.set(window_);
    left.forEach((count, i) => context.onNumber?.(`windows.${i}`, whole(count)));
    regroup();
    update();
  }

  function regroup() {
    const boxes = [];
    for (let i = 0; i < found.passed.length; i += 1) if (found.passed[i] === last) boxes.push([...found.boxes.subarray(3 * i, 3 * i + 3)]);
    faces = group(boxes, neighbours);
  }

  /** @param {number} to stage @param {number} [at] window */
  function show(to, at = -1) {
    stage = to;
    window_ = at;
    fade = 1;
    stages.set(stage);
    place.set(window_);
    update();
    cancelAnimationFrame(request);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) request = requestAnimationFrame(fadeOut);
    else fade = 0;
  }

  function fadeOut() {
    fade -= 0.06;
    if (fade <= 0) fade = 0;
    else request = requestAnimationFrame(fadeOut);
    paint();
  }

  function update() {
    paint();
    const done = window_ >= 0 ? Math.min(last, found.passed[window_] + 1) : stage;
    const shownStage = Math.max(0, Math.min(last - 1, done - 1));
    funnel.show(left, done);
    funnelTitle.replaceChildren(t("Windows left after each stage"), " ", h("small", {}, t("logarithmic")));
    patchTitle.replaceChildren(t("Stage {n}: {count} features", { n: shownStage + 1, count: cascade.sizes[shownStage] }), " ", h("small", {}, t("sum of the light areas minus the dark ones")));
    const all = left[0] * total;
    const work = { left: whole(left[stage]), all: whole(left[0]), mean: fixed(found.features / left[0], 1), total: whole(total), times: whole(all / found.features), ms: whole(times.cascade), slow: fixed((all * times.all) / 1000, 1) };
    if (window_ >= 0) {
      const [x, y, s] = found.boxes.subarray(3 * window_, 3 * window_ + 3);
      const passed = found.passed[window_];
      const values = { n: whole(window_ + 1), all: whole(left[0]), x, y, s, stage: passed + 1, features: whole(cascade.before[Math.min(last, passed + 1)]) };
      f.say(passed === last
        ? t("Window {n} of {all}: {s} px wide at ({x}, {y}). It passes all stages after {features} features.", values)
        : t("Window {n} of {all}: {s} px wide at ({x}, {y}). Stage {stage} rejects it after {features} features.", values));
      return;
    }
    const start = stage === 0
      ? t("{all} windows are tried.", work)
      : t("After stage {n}, {left} of {all} windows are left.", { n: stage, ...work });
    const cost = t("On average a window needs {mean} of the {total} features, {times} times fewer than without stages: {ms} ms instead of about {slow} s in this browser.", work);
    const result = stage < last ? "" : neighbours
      ? t("With minNeighbors {n}, the windows form {faces} faces.", { n: neighbours, faces: faces.length })
      : t("With minNeighbors 0, each window counts as a face: {faces}.", { faces: faces.length });
    f.say(t.join(start, cost, result));
  }

  function paint() {
    const width = Math.min(holder.clientWidth, 520);
    if (!width || !found) return;
    const zoom = width / picture.width;
    const pen = view.size(width, picture.height * zoom);
    const accent = colour(f.root, "--f-accent");
    const warm = colour(f.root, "--f-c1");
    pen.fillStyle = "#101214";
    pen.fillRect(0, 0, width, picture.height * zoom);
    if (shown.input.checked) {
      pen.globalAlpha = 0.85;
      pen.drawImage(picture.image, 0, 0, width, picture.height * zoom);
      pen.globalAlpha = 1;
    }
    const one = window_ >= 0;
    const few = left[stage] <= 150;
    for (let i = 0; i < found.passed.length; i += 1) {
      const now = one ? i < window_ : found.passed[i] >= stage;
      const gone = !one && stage > 0 && found.passed[i] === stage - 1;
      if (!now && !(gone && fade)) continue;
      if (one && found.passed[i] < 3) continue;
      const [x, y, s] = [found.boxes[3 * i] * zoom, found.boxes[3 * i + 1] * zoom, found.boxes[3 * i + 2] * zoom];
      pen.globalAlpha = now ? (few ? 0.75 : 0.55) : 0.6 * fade;
      if (now && few && !one) {
        pen.strokeStyle = "#6ff0e6";
        pen.lineWidth = 1;
        pen.strokeRect(x, y, s, s);
      } else {
        pen.fillStyle = now ? "#6ff0e6" : "#ffb27a";
        pen.fillRect(x + s / 2 - 1, y + s / 2 - 1, 2, 2);
      }
    }
    pen.globalAlpha = 1;
    if (!one && stage === last) faces.forEach(({ box, count }) => drawFace(pen, box.map((v) => v * zoom), count));
    if (one) {
      const [x, y, s] = [...found.boxes.subarray(3 * window_, 3 * window_ + 3)].map((v) => v * zoom);
      pen.lineWidth = 3;
      pen.strokeStyle = found.passed[window_] === last ? "#6ff0e6" : "#ffb27a";
      pen.strokeRect(x, y, s, s);
    }
    const example = one ? window_ : best();
    drawFeatures(patch, { cascade, picture, found, index: example, stage: Math.max(0, Math.min(last - 1, (one ? found.passed[window_] + 1 : stage) - 1)), accent, warm });
  }

  /** The window that is nearest to the largest group, or that passed the most stages. */
  function best() {
    const face = [...faces].sort((a, b) => b.count - a.count)[0];
    let index = 0;
    let most = -Infinity;
    for (let i = 0; i < found.passed.length; i += 1) {
      const far = face ? face.box.reduce((sum, v, k) => sum + Math.abs(v - found.boxes[3 * i + k]), 0) : 0;
      const value = found.passed[i] - far / 1000;
      if (value > most) [index, most] = [i, value];
    }
    return index;
  }

  /** @param {CanvasRenderingContext2D} pen @param {number[]} box @param {number} count */
  function drawFace(pen, [x, y, s], count) {
    if (!neighbours) return;
    pen.lineWidth = 5;
    pen.strokeStyle = "#101214";
    pen.strokeRect(x, y, s, s);
    pen.lineWidth = 3;
    pen.strokeStyle = "#ffd45e";
    pen.strokeRect(x, y, s, s);
    const text = t("{n} windows", { n: count });
    pen.font = "600 12px system-ui, sans-serif";
    const length = pen.measureText(text).width + 10;
    pen.fillStyle = "#ffd45e";
    pen.fillRect(x - 1.5, Math.max(0, y - 20), length, 20);
    pen.fillStyle = "#101214";
    pen.fillText(text, x + 4, Math.max(0, y - 20) + 14);
  }

  function stop() { play.stop(); slide.stop(); }

  /** A list to choose another picture. */
  function chooser() {
    if (pictures.length < 2) return "";
    const id = newId();
    const select = h("select", { id, class: "mf-select", onchange: () => {
      picture = pictures[Number(select.value)];
      stop();
      window_ = -1;
      searchAgain();
      show(0);
    } }, pictures.map((/** @type {any} */ p, /** @type {number} */ i) => h("option", { value: i }, p.name || t("Six pictures side by side"))));
    return h("div", { class: "mf-field" }, h("label", { for: id }, t("Picture")), select);
  }

  searchAgain();
  show(Math.min(last, Number(context.params?.stage ?? 0)));
  return f;
}
