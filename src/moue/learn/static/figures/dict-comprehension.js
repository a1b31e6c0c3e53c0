// @ts-check
/** A loop, a dictionary comprehension and its result, step by step. */
import { examples, result, steps } from "../core/dict-comprehension.js";
import { button, choice, frame, h, player, slider, texts } from "./parts.js";

const LIMITS = { words: [2, 7, 5], counts: [0, 0, 0], sets: [0, 0, 0] };

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "dict-comprehension");
  const f = frame(element, t, t("A dictionary comprehension, step by step"));
  const { counts, sets } = await context.data("dict-comprehension");
  const range = (/** @type {Record<string, number>} */ values) => {
    const numbers = Object.values(values);
    return [Math.min(...numbers), Math.max(...numbers) + 1, Math.round(numbers.reduce((a, b) => a + b, 0) / numbers.length) + 1];
  };
  const limits = { ...LIMITS, counts: range(counts), sets: range(sets) };
  let name = /** @type {keyof typeof limits} */ ("words");
  let limit = limits[name][2];
  let at = 0;

  f.stage.classList.add("mf-three");
  const column = (/** @type {string} */ title) => {
    const body = h("div", { class: "mf-code", tabindex: 0, role: "group", "aria-label": title });
    f.stage.append(h("div", {}, h("p", { class: "mf-title" }, title), body));
    return body;
  };
  const [loop, comprehension, dictionary] = [column(t("Loop")), column(t("Comprehension")), column(t("Result"))];
  const place = slider({ label: t("Step"), min: 0, max: 1, step: 1, value: 0, onInput: (v) => { at = v; play.stop(); update(); } });
  const bound = slider({ label: t("Limit of the condition"), min: 1, max: 9, step: 1, value: limit, format: (v) => `< ${v}`, onInput: (v) => { limit = v; at = Math.min(at, steps(current().items, limit).length); update(); } });
  const play = player(t, () => { at += 1; update(); return at < steps(current().items, limit).length; }, { rate: 2, before: () => { if (at >= steps(current().items, limit).length) at = 0; } });
  f.controls.append(
    choice({ label: t("Example"), value: name, options: [["words", t("length of words")], ["counts", t("rare labels of your mouths")], ["sets", t("sizes of your splits")]], onChange: (v) => { name = /** @type {any} */ (v); at = 0; choose(); } }).element,
    place.element, bound.element, h("div", { class: "mf-row" },
      button(t("Next step"), () => { play.stop(); at = Math.min(at + 1, steps(current().items, limit).length); update(); }), play.element));
  f.table(() => ({ head: [t("Element"), t("Value"), t("Condition"), t("In the result")],
    rows: current().items.map(([key, value]) => [key, value, `${value} < ${limit}`, value < limit ? t("yes") : t("no")]) }));
  f.onEnd(() => play.stop());

  const current = () => examples(counts, sets, limit)[name];

  function choose() {
    const [low, high, start] = limits[name];
    bound.input.min = String(low);
    bound.limit(high);
    limit = start;
    bound.set(limit);
    update();
  }

  /** @param {string} text @param {string} part */
  const marked = (text, part) => h("mark", { class: `mf-part-${part}` }, text);

  /** @param {string} code @param {string} part */
  function inline(code, part) {
    const found = /^\{(.*) (for .*?) (if .*)\}$/.exec(code) ?? ["", "", "", ""];
    const pieces = [["entry", found[1]], ["element", found[2]], ["condition", found[3]]];
    return ["{", ...pieces.flatMap(([kind, text], i) => [i ? h("br") : "", i ? "   " : "", kind === part ? marked(text, kind) : text]), "}"];
  }

  function update() {
    const example = current();
    const list = steps(example.items, limit);
    place.limit(list.length);
    place.set(at);
    const now = at > 0 ? list[at - 1] : null;
    const line = now ? { element: 1, condition: 2, entry: 3 }[now.part] : -1;
    loop.replaceChildren(h("code", {}, example.source, h("br"), h("br"), example.loop.map((text, i) => [i === line && now ? marked(text, now.part) : text, h("br")])));
    comprehension.replaceChildren(h("code", {}, example.source, h("br"), h("br"), "result = ", inline(example.code, now?.part ?? "")));
    const done = list.slice(0, at).filter((step) => step.part === "entry").map((step) => example.items[step.item]);
    const seen = now ? now.item : -1;
    dictionary.replaceChildren(
      h("ol", { class: "mf-items" }, example.items.map(([key, value], i) => h("li", { class: i === seen ? `mf-part-${now?.part}` : "" }, `${JSON.stringify(key)} `, h("small", {}, i > seen ? "" : value < limit ? `${value} < ${limit}` : `${value} ≥ ${limit}`)))),
      h("code", {}, "{", done.map(([key, value], i) => `${i ? ", " : ""}${JSON.stringify(key)}: ${value}`).join(""), "}"));
    const final = JSON.stringify(result(example.items, limit)).replaceAll(":", ": ").replaceAll(",", ", ");
    if (!now) f.say(t("Before the first element, the dictionary is empty. With the limit {limit}, the result will be {final}.", { limit, final }));
    else {
      const [key, value] = example.items[now.item];
      const values = { n: at, all: list.length, key, value, limit, final, count: done.length };
      const text = now.part === "element" ? t("Step {n} of {all}: the loop and the comprehension take the element {key}.", values)
        : now.part === "entry" ? t("Step {n} of {all}: both store {key}: {value}; the dictionary has {count} entries.", values)
          : now.holds ? t("Step {n} of {all}: {value} < {limit} is true, so {key} is kept.", values) : t("Step {n} of {all}: {value} < {limit} is false, so {key} is skipped.", values);
      f.say(at === list.length ? t.join(text, t("The result is {final}.", values)) : text);
    }
  }

  at = 6;
  choose();
  return f;
}
