// @ts-check
/**
 * The parts of a chapter that need a script: figures, buttons that copy, and the place of reading.
 * It runs in the studio and on the website.
 */

/** @type {Record<string, string>} */
const CHINESE = {
  "Copy": "复制",
  "Copied": "已复制",
  "This figure cannot be shown: {reason}": "无法显示这幅图：{reason}",
  "This figure needs your own pictures: run `moue learn`.": "这幅图要用你自己的图片：请运行 `moue learn`。",
};
const NEAR = "600px";
const POSITION = "moue.course.position";
const READ = "moue.course.read";
/** Seconds in which a change of the language keeps the place of reading. */
const SWITCH = 60;

const article = /** @type {HTMLElement | null} */ (document.querySelector("article.course"));
const lang = article?.dataset.language ?? "en";

/** @param {string} text @param {Record<string, string>} [values] */
export function t(text, values = {}) {
  const words = lang === "zh" ? CHINESE[text] ?? text : text;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/**
 * Return the answer of a data function: an object, or bytes.
 * @param {string} name @param {Record<string, string | number>} [query]
 * @returns {Promise<any>}
 */
async function data(name, query = {}) {
  const base = article?.dataset.data ?? "data/";
  if (article?.dataset.answers === "files") return fixedAnswer(base, name, query);
  const words = Object.entries(query).map(([key, value]) => [key, String(value)]);
  const text = new URLSearchParams(words).toString();
  return read(await fetch(`${base}${name}${text ? `?${text}` : ""}`));
}

/** @type {Promise<Record<string, string>> | null} */
let index = null;

/** @param {string} base @param {string} name @param {Record<string, any>} query */
async function fixedAnswer(base, name, query) {
  index ??= fetch(`${base}index.json`).then((answer) => answer.json());
  const file = (await index)[name];
  if (!file || Object.keys(query).length) {
    throw Object.assign(new Error(t("This figure needs your own pictures: run `moue learn`.")), { code: "needs-learn" });
  }
  return read(await fetch(base + file));
}

/** @param {Response} answer */
async function read(answer) {
  const json = (answer.headers.get("content-type") ?? "").includes("json") || answer.url.endsWith(".json");
  if (answer.ok) return json ? answer.json() : answer.arrayBuffer();
  const error = json ? (await answer.json()).error : null;
  throw Object.assign(new Error(error?.translations?.[lang] ?? error?.message ?? answer.statusText), { code: error?.code });
}

/** @param {string} name @param {string} value */
function onNumber(name, value) {
  document.querySelectorAll(`[data-number="${CSS.escape(name)}"]`).forEach((span) => { span.textContent = value; });
}

/** @param {HTMLElement} figure */
async function mount(figure) {
  const stage = /** @type {HTMLElement} */ (figure.querySelector(".stage"));
  const name = figure.dataset.figure ?? "";
  const params = JSON.parse(figure.dataset.params ?? "{}");
  try {
    const assets = new URL(article?.dataset.assets ?? "./", document.baseURI);
    const module = await import(new URL(`figures/${name}.js`, assets).href);
    await module.mount(stage, { params, lang, t, data, onNumber });
  } catch (error) {
    const found = /** @type {any} */ (error);
    const text = found.code === "needs-learn" ? found.message
      : t("This figure cannot be shown: {reason}", { reason: found.message });
    const note = document.createElement("p");
    note.className = "stage-failure";
    note.textContent = text;
    stage.replaceChildren(note);
    if (found.code !== "needs-learn") console.warn(`figure ${name}:`, error);
  }
  stage.removeAttribute("aria-busy");
}

function mountFigures() {
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(entry.target);
      mount(/** @type {HTMLElement} */ (entry.target));
    }
  }, { rootMargin: NEAR });
  const linked = /^#([a-z-]+):/.exec(location.hash)?.[1];
  document.querySelectorAll("figure[data-figure]").forEach((figure) => {
    near.observe(figure);
    // The address names a figure and the values of its controls.
    if (/** @type {HTMLElement} */ (figure).dataset.figure === linked) figure.scrollIntoView();
  });
}

function addCopyButtons() {
  document.querySelectorAll("[data-copy]").forEach((box) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = t("Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(/** @type {HTMLElement} */ (box).dataset.copy ?? "");
      button.textContent = t("Copied");
      setTimeout(() => { button.textContent = t("Copy"); }, 1500);
    });
    box.append(button);
  });
}

/** @param {Storage} storage @param {string} key */
function load(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Storage} storage @param {string} key @param {any} value */
function save(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is disabled or full: the page works without it.
  }
}

const blocks = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("section[data-block]")]);
const TOP = 64;

/** Return the block at the top of the window, and the share of it that is above. */
function place() {
  const list = blocks();
  const current = list.filter((block) => block.getBoundingClientRect().top <= TOP).at(-1);
  if (!current) return null;
  const box = current.getBoundingClientRect();
  return { block: current.dataset.block, share: (TOP - box.top) / Math.max(1, box.height) };
}

/** Go to the place of reading if the language has just been changed. */
function restore() {
  const chapter = article?.dataset.chapter;
  const kept = load(sessionStorage, POSITION);
  if (!chapter || kept?.chapter !== chapter || kept.language === lang) return;
  if (Date.now() - kept.time > 1000 * SWITCH) return;
  const block = blocks().find((one) => one.dataset.block === kept.block);
  if (!block) return;
  const go = () => {
    const box = block.getBoundingClientRect();
    scrollTo({ top: scrollY + box.top - TOP + kept.share * box.height, behavior: "instant" });
  };
  go();
  // Figures above the place change the height of the page while they appear.
  const size = new ResizeObserver(go);
  size.observe(document.body);
  const stop = () => size.disconnect();
  ["wheel", "keydown", "pointerdown", "touchstart"].forEach((kind) => addEventListener(kind, stop, { once: true, passive: true }));
  setTimeout(stop, 3000);
}

function keepPlace() {
  const chapter = article?.dataset.chapter;
  if (!chapter) return;
  addEventListener("pagehide", () => {
    const now = place();
    if (now) save(sessionStorage, POSITION, { chapter, language: lang, time: Date.now(), ...now });
  });
  const end = article?.querySelector(".around");
  if (end) {
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) save(localStorage, READ, { ...load(localStorage, READ), [chapter]: true });
    }).observe(end);
  }
}

function markRead() {
  const read = load(localStorage, READ) ?? {};
  document.querySelectorAll(".chapter-list [data-chapter]").forEach((item) => {
    item.classList.toggle("read", Boolean(read[/** @type {HTMLElement} */ (item).dataset.chapter ?? ""]));
  });
}

if (article) {
  addCopyButtons();
  markRead();
  restore();
  mountFigures();
  keepPlace();
}
