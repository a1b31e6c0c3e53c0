// @ts-check
/** The true loss of simpleconv3 along two directions of a real training, and three optimisers on it. */
import { gridSurface } from "../core/optimizers.js";
import { fixed, frame, percent, s, texts, whole } from "./parts.js";
import { OPTIMIZERS, Race } from "./race.js";

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "loss-surface");
  const f = frame(element, t, t("The true loss of simpleconv3 around a training"));
  const data = await context.data("loss-surface");
  const surface = gridSurface(data.x, data.y, data.loss);
  const view = { f: surface, x: [data.x[0], data.x[data.x.length - 1]], y: [data.y[0], data.y[data.y.length - 1]], start: data.path[0] };
  const race = new Race(f, t, {
    view, rates: [[-3, 0.6, -1.5], [-3, 0.6, -1.5]], onChange: say, under: path,
    words: {
      start: t("Start"), title: t("The loss around the training"), note: t("Strong colour is low. Dashed: the path of the real training."),
      x: t("first direction"), y: t("second direction"), surface: t("Loss along two directions, with the real path and three optimisers"),
      losses: t("The loss after each step"), step: t("step"), loss: t("loss"), rate: t("Learning rate of SGD and momentum"), momentum: t("Momentum"),
      adam: t("Learning rate of Adam"), one: t("One step"), all: t("Run"), again: t("Back to the start"), at: t("first {x}, second {y}"),
    },
  });
  f.table(() => ({
    head: [t("Epoch"), t("First direction"), t("Second direction"), t("Loss there")],
    rows: data.path.map(([x, y], /** @type {number} */ i) => [data.epochs_at[i], fixed(x, 3), fixed(y, 3), fixed(surface(x, y), 3)]),
  }));

  /** @param {import("./chart.js").Chart} chart */
  function path(chart) {
    return [s("path", { class: "mf-true-path", d: chart.path(data.path) }),
      data.path.map((/** @type {[number, number]} */ p) => s("circle", { class: "mf-true-dot", r: 2.5, cx: chart.px(p[0]), cy: chart.py(p[1]) }))];
  }

  function say() {
    const [a, b, c] = OPTIMIZERS.map((_, i) => fixed(race.now(i).loss, 3));
    const rest = { a: (10 ** race.rate.value).toPrecision(2), b: (10 ** race.rateAdam.value).toPrecision(2), m: race.momentum.toFixed(2) };
    f.say(t.join(
      data.run ? ofRun() : t("The network has {parameters} weights; these two directions hold {share} of the movement in {epochs} epochs on {pictures} mouths.", { parameters: whole(data.parameters), share: percent(data.share, 1), epochs: data.epochs, pictures: data.pictures }),
      t("After {steps} steps in this plane the loss is {a} with SGD, {b} with momentum and {c} with Adam.", { steps: race.steps, a, b, c }),
      t("Learning rates: {a} and {b}, momentum {m}.", rest),
    ));
  }

  /** Which plane through the reader's own run this is. */
  function ofRun() {
    const values = { run: data.run, parameters: whole(data.parameters), pictures: data.pictures, kept: data.epochs_at[1], last: data.epochs };
    return data.random
      ? t("These are the {parameters} weights of your run {run}, on {pictures} training mouths. The first direction leads from the random start to epoch {last}, which was kept; the second is random.", values)
      : t("These are the {parameters} weights of your run {run}, on {pictures} training mouths. The plane contains the random start, the kept epoch {kept} and the last epoch {last}.", values);
  }

  race.again(0);
  race.forward(40);
  return f;
}
