// @ts-check
/** SGD, momentum and Adam on surfaces that a formula describes. */
import { SURFACES } from "../core/optimizers.js";
import { choice, fixed, frame, texts } from "./parts.js";
import { OPTIMIZERS, Race } from "./race.js";

/** @param {HTMLElement} element @param {{lang: string, params?: Record<string, string>}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "optimizers");
  const f = frame(element, t, t("Three optimisers on a surface"));
  let name = /** @type {keyof typeof SURFACES} */ ("valley");
  const surfaces = choice({
    label: t("Surface"), value: name, onChange: (value) => { name = /** @type {any} */ (value); race.show(SURFACES[name]); },
    options: [["valley", t("narrow valley")], ["curve", t("curved valley")], ["saddle", t("saddle")], ["hollows", t("many hollows")]],
  });
  const race = new Race(f, t, {
    view: SURFACES[name], rates: [[-3, 0.2, -1], [-3, 0.2, -0.5]], onChange: say, controls: [surfaces.element],
    words: {
      start: t("Start"), title: t("The surface"), note: t("Strong colour is low. Drag the start."), x: "w₁", y: "w₂",
      surface: t("Loss by two weights, with the paths of the optimisers"), losses: t("The loss after each step"), step: t("step"), loss: t("loss"),
      rate: t("Learning rate of SGD and momentum"), momentum: t("Momentum"), adam: t("Learning rate of Adam"), one: t("One step"),
      all: t("Run"), again: t("Back to the start"), at: t("w₁ {x}, w₂ {y}"),
    },
  });
  f.table(() => ({
    head: [t("Step"), "SGD", t("Momentum"), "Adam"],
    rows: [0, 1, 2, 3, 5, 10, 20, 50, 100, 150, 200].map((step) => [step, ...(race.losses ?? []).map((values) => (step < values.length ? fixed(values[step], 4) : t("left the surface")))]),
  }));

  function say() {
    const results = OPTIMIZERS.map((_, i) => race.now(i));
    const best = results.reduce((a, b, i) => (b.loss < results[a].loss ? i : a), 0);
    const values = { steps: race.steps, a: fixed(results[0].loss, 3), b: fixed(results[1].loss, 3), c: fixed(results[2].loss, 3) };
    const where = t("After {steps} steps the loss is {a} with SGD, {b} with momentum and {c} with Adam.", values);
    const far = results.map((r, i) => (r.left || r.loss > 10 * race.view.f(...race.start) + 1 ? ["SGD", t("momentum"), "Adam"][i] : "")).filter(Boolean);
    const verdict = far.length ? t("{names} diverges: its learning rate is too high for the steepest direction.", { names: far.join(", ") })
      : race.steps ? t("{name} is lowest.", { name: ["SGD", t("momentum"), "Adam"][best] })
        : t("Press Run, or take one step.");
    f.say(t.join(where, verdict, t("Learning rates: {a} and {b}.", { a: (10 ** race.rate.value).toPrecision(2), b: (10 ** race.rateAdam.value).toPrecision(2) }), t("Momentum {m}.", { m: race.momentum.toFixed(2) })));
  }

  race.again(0);
  race.forward(40);
  return f;
}
