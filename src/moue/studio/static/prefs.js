// @ts-check
/** Preferences of this browser, kept in localStorage. */

import { effect, signal } from "./vendor/preact.js";

/** @param {string} key @param {any} [fallback] */
export function load(key, fallback = null) {
  try {
    const text = localStorage.getItem(`moue.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** @param {string} key @param {any} value null removes the key */
export function save(key, value) {
  try {
    if (value === null) localStorage.removeItem(`moue.${key}`);
    else localStorage.setItem(`moue.${key}`, JSON.stringify(value));
  } catch {
    // Storage is disabled or full: the preference lasts until the page is closed.
  }
}

/**
 * Return a signal whose value is kept in localStorage.
 * @template T
 * @param {string} key
 * @param {T} fallback
 * @returns {{value: T, peek: () => T}}
 */
export function preference(key, fallback) {
  const kept = signal(load(key, fallback));
  effect(() => save(key, kept.value));
  return kept;
}

/** "system", "light" or "dark". */
export const theme = preference("theme", "system");

effect(() => {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
});

/** Whether keys without Ctrl, Alt or Command do something (WCAG 2.1.4). */
export const singleKeys = preference("singleKeys", true);
