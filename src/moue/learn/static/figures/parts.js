// @ts-check
/**
 * What all figures share: texts, elements, controls, the frame with summary and table, and themes.
 *
 * A figure is a module with `mount(element, context)`. It builds native controls, so that the
 * keyboard works everywhere, and says in one sentence what it shows.
 */
import common from "./zh/parts.js";

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
 * @returns {Promise<Translate & {lang: string, join: (...sentences: string[]) => string}>} `join` joins sentences
 */
export async function texts(lang, name) {
  const chinese = lang.startsWith("zh");
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
  return Object.assign(t, { lang: chinese ? "zh" : "en", join });
}

/** @param {number} value @param {number} digits */
export const fixed = (value, digits) =>
  Number.isFinite(value) ? (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits)).replace("-", "−") : "∞";

/** @param {number} share from 0 to 1 @param {number} [digits] */
export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

/** @param {number} value whole number; thin spaces separate thousands */
export const whole = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** @param {Element} node @param {Record<string, any>} attributes @param {any[]} children */
function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(/** @type {any} */ (node).style, value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/**
 * Make an HTML element.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children
 * @returns {any}
 */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/**
 * Make an SVG element.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children
 * @returns {any}
 */
export const s = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

let ids = 0;
export const newId = () => `mf-${(ids += 1)}`;

/**
 * Build the frame of a figure: a stage, controls, a live summary, and a table of the numbers.
 * @param {HTMLElement} element @param {Translate} t @param {string} label name of the figure
 */
export function frame(element, t, label) {
  const stage = h("div", { class: "mf-stage" });
  const controls = h("div", { class: "mf-controls" });
  const summary = h("p", { class: "mf-summary", role: "status" });
  const box = h("div", { class: "mf-table", tabindex: 0, role: "group", "aria-label": t("Numbers of the figure") });
  const details = h("details", { class: "mf-data" }, h("summary", {}, t("The numbers as a table")), box);
  const root = h("div", { class: "mf", role: "group", "aria-label": label }, stage, controls, summary, details);
  element.replaceChildren(root);
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

/**
 * Call `draw` with the width of an element now and whenever it changes, and when the theme changes.
 * @param {HTMLElement} element @param {(width: number) => void} draw
 * @returns {() => void} function that stops it
 */
export function responsive(element, draw) {
  let width = 0;
  const size = new ResizeObserver(() => {
    const now = Math.floor(element.clientWidth);
    if (now && now !== width) draw((width = now));
  });
  size.observe(element);
  const again = () => width && draw(width);
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", again);
  const theme = new MutationObserver(again);
  const options = { attributes: true, attributeFilter: ["data-theme", "data-md-color-scheme"] };
  theme.observe(document.documentElement, options);
  theme.observe(document.body, options);
  return () => {
    size.disconnect();
    theme.disconnect();
    media.removeEventListener("change", again);
  };
}

/** Return the value of a colour variable such as `--f-a`. @param {Element} element @param {string} name */
export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** Return a CSS colour as [r, g, b]. @param {Element} element @param {string} name */
export function rgb(element, name) {
  const hex = colour(element, name).replace("#", "");
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/**
 * Make a canvas that is sharp on every screen.
 * @param {string} label what the canvas shows, for screen readers
 */
export function canvas(label) {
  const element = h("canvas", { role: "img", "aria-label": label, class: "mf-canvas" });
  return {
    element,
    /** @param {number} width @param {number} height CSS pixels @returns {CanvasRenderingContext2D} */
    size(width, height) {
      const ratio = Math.min(3, devicePixelRatio || 1);
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
      const pen = element.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      return pen;
    },
  };
}

/**
 * Return pixels as a canvas of their own size.
 * @param {ArrayLike<number>} pixels (H, W) grey or (H, W, 3) RGB, 0 to 255
 * @param {number} width @param {number} height
 */
export function bitmap(pixels, width, height) {
  const element = /** @type {HTMLCanvasElement} */ (h("canvas", { width, height }));
  const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const image = pen.createImageData(width, height);
  const channels = pixels.length / (width * height);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = pixels[channels * i + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  return element;
}
