// @ts-check
/**
 * Texts in the language of the reader.
 *
 * The English text is the key. `docs/messages.py` extracts the texts of every call of `t` and `n` and
 * writes `locale/zh.json`. Write each text as one string literal in double quotes.
 */

import { batch, signal } from "./vendor/preact.js";
import { load, save } from "./prefs.js";

/** Name of each language in that language. */
export const LANGUAGES = { en: "English", zh: "简体中文" };

/** "en" or "zh". */
export const language = signal("en");
const messages = signal(/** @type {Record<string, string>} */ ({}));

/** Load the language that was chosen earlier, or the one of the browser. */
export async function startLanguage() {
  const wanted = load("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  await show(wanted in LANGUAGES ? wanted : "en");
}

/** @param {string} code "en" or "zh" */
export async function setLanguage(code) {
  await show(code);
  save("language", code);
}

/** @param {string} code */
async function show(code) {
  let texts = /** @type {Record<string, string>} */ ({});
  if (code !== "en") {
    const answer = await fetch(`static/locale/${code}.json`);
    if (!answer.ok) return;
    texts = await answer.json();
  }
  batch(() => {
    messages.value = texts;
    language.value = code;
  });
  document.documentElement.lang = code === "zh" ? "zh-CN" : code;
}

/**
 * Return a text in the current language, with `{name}` replaced by `values.name`.
 * @param {string} text English text
 * @param {Record<string, any>} [values] numbers are formatted
 * @returns {string}
 */
export function t(text, values) {
  return fill(messages.value[text] ?? text, values);
}

/**
 * Return a text that depends on a count; `{n}` is the count.
 * @param {string} one English text for 1
 * @param {string} many English text for other numbers
 * @param {number} count
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function n(one, many, count, values) {
  const text = messages.value[one] ?? (count === 1 ? one : many);
  return fill(text, { n: count, ...values });
}

/**
 * Translate a text of the server, such as the title of a drop reason. A text without a translation
 * stays English.
 * @param {string | null | undefined} text
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function translate(text, values) {
  return text ? fill(messages.value[text] ?? text, values) : "";
}

/**
 * Return a message of a command, which the server translates as a whole.
 * @param {string} text English text
 * @param {Record<string, string>} [translations] text by language
 */
export const messageText = (text, translations) => translations?.[language.value] ?? text;

/** @param {string} text @param {Record<string, any>} [values] */
function fill(text, values) {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : String(value);
  });
}

const formats = /** @type {Map<string, Intl.NumberFormat>} */ (new Map());

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  const key = language.value + JSON.stringify(options ?? null);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(language.value, options)));
  return format.format(value);
}

/** @param {number | null | undefined} share from 0 to 1 @param {number} [digits] */
export function percent(share, digits = 0) {
  if (share === null || share === undefined) return "–";
  return number(share, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("{s} s", { s });
  if (s < 3600) return t("{m} min {s} s", { m: Math.floor(s / 60), s: s % 60 });
  return t("{h} h {m} min", { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
}

/** @param {string | null | undefined} iso */
export function when(iso) {
  if (!iso) return "";
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(date);
}
