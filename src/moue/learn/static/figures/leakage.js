// @ts-check
/** The same pictures split by file and by person, with the accuracies of real trainings. */
import { measured, shared } from "../core/leakage.js";
import { Chart } from "./chart.js";
import { choice, frame, h, percent, responsive, s, slider, texts } from "./parts.js";

const PERSONS = 8;
const MOMENTS = 2;

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "leakage");
  const f = frame(element, t, t("Two ways to split the same pictures"));
  const data = await context.data("leakage");
  let by = "file";
  let row = data.rows.length - 1;
  let seed = 1;

  f.stage.classList.add("mf-two");
  const svg = s("svg", { class: "mf-svg", role: "img", "aria-label": t("Pictures of eight persons in the training set and the test set") });
  const left = h("div", {}, h("p", { class: "mf-title" }, t("Who is where"), " ", h("small", {}, t("one row per person; red lines cross the border"))), svg);
  const right = h("div", {}, h("p", { class: "mf-title" }, t("Measured accuracy"), " ", h("small", {}, t("real trainings, with 95 % intervals"))));
  f.stage.append(left, right);
  const chart = new Chart(right, {
    label: t("Accuracy by the way of splitting"), height: 200, x: { min: 0.7, max: 1, label: t("accuracy"), format: (v) => percent(v) },
    y: { min: 0, max: 2, label: "", ticks: [] }, fit: (c) => { const low = Math.min(...data.rows.flatMap((/** @type {any} */ r) => [r.file.interval[0], r.person.interval[0]])); c.ax.min = Math.max(0, Math.floor(low * 10) / 10); }, paint,
  });
  f.controls.append(
    choice({ label: t("Split by"), value: by, options: [["file", t("file")], ["person", t("person")]], onChange: (v) => { by = v; update(); } }).element,
    choice({ label: t("Frames of each moment"), value: String(row), options: data.rows.map((/** @type {any} */ r, /** @type {number} */ i) => [String(i), String(r.frames)]), onChange: (v) => { row = Number(v); update(); } }).element,
    slider({ label: t("Shuffle"), min: 1, max: 30, step: 1, value: seed, onInput: (v) => { seed = v; update(); } }).element);
  f.table(() => ({ head: [t("Frames of each moment"), t("Split by"), t("Right"), t("Measured"), t("Accuracy"), t("95 % interval"), t("Person known from training")],
    rows: data.rows.flatMap((/** @type {any} */ r) => ["file", "person"].map((kind) => [r.frames, kind === "file" ? t("file") : t("person"), r[kind].right, r[kind].count, percent(r[kind].accuracy, 1), `${percent(r[kind].interval[0], 1)} – ${percent(r[kind].interval[1], 1)}`, percent(r[kind].shared)])) }));
  f.onEnd(() => chart.destroy());
  f.onEnd(responsive(left, () => draw()));

  function example() {
    const frames = data.rows[row].frames;
    const persons = Array.from({ length: PERSONS * MOMENTS * frames }, (_, i) => Math.floor(i / (MOMENTS * frames)));
    const inTest = measured(by === "file" ? persons.map((_, i) => i) : persons, data.share, seed);
    return { persons, inTest, frames };
  }

  function draw() {
    const width = left.clientWidth;
    if (!width) return;
    const { persons, inTest, frames } = example();
    const [top, step] = [28, 27];
    const height = top + PERSONS * step;
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const half = width / 2;
    const slot = Math.min(22, (half - 28) / (MOMENTS * frames));
    /** @param {number} i */
    const at = (i) => {
      const mates = persons.map((p, n) => (p === persons[i] && inTest[n] === inTest[i] ? n : -1)).filter((n) => n >= 0);
      return [(inTest[i] ? half + 16 : 12) + slot * (mates.indexOf(i) + 0.5), top + step * (persons[i] + 0.5)];
    };
    const links = persons.map((p, i) => {
      if (i + 1 >= persons.length || persons[i + 1] !== p) return null;
      const [[x, y], [u]] = [at(i), at(i + 1)];
      const crossing = inTest[i] !== inTest[i + 1];
      return s("path", { class: crossing ? "mf-link-bad" : "mf-link", d: crossing ? `M${x} ${y}Q${(x + u) / 2} ${y - 14} ${u} ${y}` : `M${x} ${y}H${u}` });
    });
    const dots = persons.map((_, i) => {
      const [x, y] = at(i);
      return inTest[i] ? s("rect", { class: "mf-mark mf-c1", x: x - 4.5, y: y - 4.5, width: 9, height: 9 }) : s("circle", { class: "mf-mark mf-c0", cx: x, cy: y, r: 5 });
    });
    svg.replaceChildren(
      s("text", { class: "mf-bar-text", x: 12, y: 14 }, t("training set")), s("text", { class: "mf-bar-text", x: half + 12, y: 14 }, t("measured")),
      s("line", { class: "mf-now", x1: half, x2: half, y1: 0, y2: height }), ...links.filter(Boolean), ...dots);
  }

  /** @param {Chart} c */
  function paint(c) {
    const now = data.rows[row];
    c.show(["file", "person"].map((kind, i) => {
      const { accuracy, interval } = now[kind];
      const y = c.py(1.45 - i);
      const active = kind === by;
      return s("g", { opacity: active ? 1 : 0.7 },
        s("text", { class: "mf-axis", x: c.px(c.ax.min) + 2, y: y - 18 }, `${kind === "file" ? t("split by file") : t("split by person")}: ${percent(accuracy, 1)}`),
        s("line", { class: `mf-line mf-c${i ? 0 : 1}`, x1: c.px(interval[0]), x2: c.px(interval[1]), y1: y, y2: y }),
        s("circle", { class: `mf-mark mf-c${i ? 0 : 1}`, cx: c.px(accuracy), cy: y, r: active ? 8 : 6 }));
    }));
  }

  function update() {
    draw();
    chart.redraw();
    const { persons, inTest, frames } = example();
    const now = data.rows[row];
    const values = { frames, share: percent(shared(persons, inTest)), file: percent(now.file.accuracy, 1), person: percent(now.person.accuracy, 1), moments: data.moments, persons: data.persons, gap: ((now.file.accuracy - now.person.accuracy) * 100).toFixed(1), seed };
    f.say(t.join(
      by === "file" ? t("Shuffle {seed}, split by file: {share} of the measured pictures show a person who is also in the training set.", values)
        : t("Shuffle {seed}, split by person: no measured picture shows a person of the training set.", values),
      t("On {moments} moments of {persons} persons with {frames} frames each, the same network has {file} when files are split and {person} when persons are split.", values),
      now.file.interval[0] > now.person.interval[1] ? t("The difference of {gap} percentage points is flattery: the network recognises persons.", values) : t("The intervals overlap, so this difference alone proves nothing.")));
  }

  update();
  return f;
}
