// @ts-check
/**
 * What all figures share: texts, elements, controls, the frame with summary and table, and themes.
 *
 * A figure is a module with `mount(element, context)`. It builds native controls, so that the
 * keyboard works everywhere, and says in one sentence what it shows.
 */
import { h, newId } from "./elements.js";
import { FigureState } from "./state.js";
import common from "./zh/parts.js";

export { bitmap, canvas, colour, responsive, rgb } from "./drawing.js";
export { h, newId, s } from "./elements.js";

/** @typedef {(text: string, values?: Record<string, any>) => string} Translate */

/** @type {Promise<void> | null} */
let styles = null;

/** Add the style sheet of the figures to the page once, and wait for its colours. */
function addStyles() {
  styles ??= new Promise((done) => {
    const href = new URL("./figures.css", import.meta.url).href;
    const link = h("link", { rel: "stylesheet", href, onload: () => done(), onerror: () => done() });
    document.head.append(link);
  });
  return styles;
}

/**
 * Wait for the styles, and return the function that translates the texts of one figure.
 * @param {string} lang "en" or "zh"
 * @param {string} name name of the figure
 * @returns {Promise<Translate & {lang: string, figure: string, join: (...sentences: string[]) => string}>} `join` joins sentences
 */
export async function texts(lang, name) {
  const chinese = lang.startsWith("zh");
  gap = chinese ? "" : "\u00a0";
  await addStyles();
  const words = chinese ? { ...common, ...(await import(`./zh/${name}.js`)).default } : {};
  /** @param {string} text @param {Record<string, any>} [values] */
  const t = (text, values = {}) =>
    (words[text] ?? text).replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ key) => {
      const value = values[key];
      if (value === undefined) return whole;
      return typeof value === "number" ? number(value) : String(value);
    });
  const format = new Intl.NumberFormat(chinese ? "zh-CN" : "en", { maximumFractionDigits: 3 });
  /** @param {number} value */
  const number = (value) => (Number.isFinite(value) ? format.format(value) : "∞");
  /** @param {...string} sentences */
  const join = (...sentences) => sentences.filter(Boolean).join(chinese ? "" : " ");
  return Object.assign(t, { lang: chinese ? "zh" : "en", join, figure: name });
}

/** @param {number} value @param {number} digits */
export const fixed = (value, digits) =>
  Number.isFinite(value) ? (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits)).replace("-", "−") : "∞";

/** What stands before a percent sign: a space that does not break, and nothing in Chinese. */
let gap = "\u00a0";

/** @param {number} share from 0 to 1 @param {number} [digits] */
export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}${gap}%`;

/** @param {number} value whole number; commas separate thousands */
export const whole = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");

/**
 * Build the frame of a figure: a stage, controls, a live summary, and a table of the numbers.
 * @param {HTMLElement} element @param {Translate & {figure: string}} t @param {string} label name of the figure
 */
export function frame(element, t, label) {
  const stage = h("div", { class: "mf-stage" });
  const controls = h("div", { class: "mf-controls" });
  const summary = h("p", { class: "mf-summary", role: "status" });
  const box = h("div", { class: "mf-table", tabindex: 0, role: "group", "aria-label": t("Numbers of the figure") });
  const details = h("details", { class: "mf-data" }, h("summary", {}, t("The numbers as a table")), box);
  const root = h("div", { class: "mf", role: "group", "aria-label": label }, stage, controls, summary, details);
  element.replaceChildren(root);
  const state = new FigureState(root, t.figure);
  /** @type {() => {head: string[], rows: any[][]}} */
  let rows = () => ({ head: [], rows: [] });
  let timer = 0;
  const fillTable = () => {
    if (!details.open) return;
    const { head, rows: body } = rows();
    box.replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, head.map((c) => h("th", { scope: "col" }, c)))),
        h("tbody", {}, body.map((row) => h("tr", {}, row.map((c, i) => h(i ? "td" : "th", i ? {} : { scope: "row" }, c)))))),
    );
  };
  details.addEventListener("toggle", fillTable);
  /** @type {(() => void)[]} */
  const ends = [];
  return {
    root, stage, controls,
    /** @param {string} text one or two sentences */
    say(text) {
      if (summary.textContent !== text) summary.textContent = text;
      state.restoreOnce();
      clearTimeout(timer);
      timer = window.setTimeout(fillTable, 120);
    },
    /** @param {() => {head: string[], rows: any[][]}} make called while the table is open */
    table(make) { rows = make; },
    /** @param {() => void} end called when the figure is removed */
    onEnd(end) { ends.push(end); },
    destroy() {
      clearTimeout(timer);
      ends.forEach((end) => end());
      element.replaceChildren();
    },
  };
}

/**
 * Make a labelled range input.
 * @param {object} options
 * @param {string} options.label @param {number} options.min @param {number} options.max
 * @param {number} options.step @param {number} options.value
 * @param {(value: number) => string} [options.format] text of a value
 * @param {(value: number) => void} options.onInput
 */
export function slider({ label, min, max, step, value, format = String, onInput }) {
  const id = newId();
  const output = h("output", { for: id });
  const input = h("input", { id, type: "range", min, max, step, value });
  const show = () => {
    const text = format(Number(input.value));
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.addEventListener("input", () => { show(); onInput(Number(input.value)); });
  show();
  return {
    element: h("div", { class: "mf-slider" }, h("label", { for: id }, label), output, input),
    input,
    get value() { return Number(input.value); },
    /** @param {number} to */
    set(to) { input.value = String(to); show(); },
    /** @param {number} to new maximum */
    limit(to) { input.max = String(to); show(); },
  };
}

/** @param {string} label @param {() => void} onClick @param {Record<string, any>} [attributes] @returns {HTMLButtonElement} */
export const button = (label, onClick, attributes = {}) =>
  h("button", { type: "button", class: "mf-button", onclick: onClick, ...attributes }, label);

/**
 * Make a row of radio buttons.
 * @param {object} options
 * @param {string} options.label @param {[string, any][]} options.options value and text
 * @param {string} options.value @param {(value: string) => void} options.onChange
 */
export function choice({ label, options, value, onChange }) {
  const name = newId();
  const inputs = options.map(([key]) =>
    h("input", { type: "radio", name, value: key, checked: key === value, onchange: () => onChange(key) }));
  const element = h("fieldset", { class: "mf-choice" }, h("legend", {}, label),
    h("div", {}, options.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text)))));
  return {
    element,
    /** @param {string} to */
    set(to) { inputs.forEach((input) => { input.checked = input.value === to; }); },
  };
}

/** @param {string} label @param {boolean} value @param {(value: boolean) => void} onChange */
export function checkbox(label, value, onChange) {
  const input = h("input", { type: "checkbox", checked: value, onchange: () => onChange(input.checked) });
  return { element: h("label", { class: "mf-check" }, input, h("span", {}, label)), input };
}

/** True if the reader asked for no motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Make a button that plays and pauses. A step is called at most `rate` times per second.
 * @param {Translate} t @param {() => boolean} step returns false at the end
 * @param {{rate?: number, label?: string, before?: () => void}} [options] `before` is called at each start
 */
export function player(t, step, { rate = 12, label, before } = {}) {
  let request = 0;
  let last = 0;
  const play = label ?? t("Play");
  const element = button(play, () => (request ? stop() : start()));
  /** @param {number} now */
  const tick = (now) => {
    request = requestAnimationFrame(tick);
    if (now - last < 1000 / rate) return;
    last = now;
    if (!step()) stop();
  };
  function start() {
    before?.();
    if (calm()) {
      // Without motion, the button leads to the end at once.
      for (let i = 0; i < 2000 && step(); i += 1);
      return;
    }
    element.textContent = t("Pause");
    request = requestAnimationFrame(tick);
  }
  function stop() {
    cancelAnimationFrame(request);
    request = 0;
    element.textContent = play;
  }
  return { element, stop, get playing() { return request !== 0; } };
}
