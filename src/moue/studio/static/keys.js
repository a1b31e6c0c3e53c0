// @ts-check
/**
 * The keyboard layer: one listener, bindings of the shown components, and the list for `?`.
 *
 * Names of keys: "1" (the digit row and the number pad, on every layout), "x", "Shift+U", "Mod+z"
 * (Ctrl, or Command on a Mac), "ArrowLeft", "Escape", "Space", "?".
 */

import { options, signal, useLayoutEffect, useRef } from "./vendor/preact.js";
import { singleKeys } from "./prefs.js";

/**
 * @typedef {object} Binding
 * @property {string[]} keys
 * @property {(event: KeyboardEvent) => void} run
 * @property {string} [text] what the keys do, for the list of keys; none hides the binding
 * @property {boolean} [always] also in text fields
 */

const layers = signal(/** @type {{group: string, modal: boolean, bindings: () => Binding[]}[]} */ ([]));
const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);

/** @param {KeyboardEvent} event @returns {string} */
export function nameOf(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  let key = event.key === " " ? "Space" : event.key;
  let shift = event.shiftKey;
  if (digit && (event.code.startsWith("Numpad") || !event.shiftKey || /\d/.test(key))) {
    key = digit[1];
    shift = false;
  } else if (key.length === 1) {
    const letter = key.toLowerCase() !== key.toUpperCase();
    if (letter) key = shift ? key.toUpperCase() : key.toLowerCase();
    else shift = false; // "?" names the shifted key itself
  }
  const mod = MAC ? event.metaKey : event.ctrlKey;
  if (mod) key = key.toLowerCase().length === 1 ? key.toLowerCase() : key;
  return (mod ? "Mod+" : "") + (event.altKey ? "Alt+" : "") + (shift ? "Shift+" : "") + key;
}

/** @param {EventTarget | null} target */
function isTextField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type);
}

/** @param {EventTarget | null} target @param {string} key */
function ownsKey(target, key) {
  if (!(target instanceof HTMLElement)) return false;
  const button = target.closest("button, a[href], summary, input[type=checkbox], input[type=radio]");
  if (button && (key === "Enter" || key === "Space")) return true;
  return target instanceof HTMLInputElement && target.type === "range" && /^(Arrow|Home|End|Page)/.test(key);
}

/**
 * Run a function and draw the page at once. Otherwise a second key that follows at once would act on
 * the old page, for instance drop the picture that was chosen before an arrow key.
 * @param {() => void} change
 */
function rendered(change) {
  const usual = options.debounceRendering;
  /** @type {(() => void) | undefined} */
  let draw;
  options.debounceRendering = (/** @type {() => void} */ process) => { draw = process; };
  try {
    change();
  } finally {
    options.debounceRendering = usual;
    draw?.();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const key = nameOf(event);
  const single = /^(Shift\+)?.$/u.test(key) || key === "Space" || key === "Backspace";
  if (single && !singleKeys.value) return;
  if (ownsKey(event.target, key)) return;
  const typing = isTextField(event.target);
  for (const layer of [...layers.value].reverse()) {
    for (const binding of layer.bindings()) {
      if (!binding.keys.includes(key) || (typing && !binding.always)) continue;
      event.preventDefault();
      rendered(() => binding.run(event));
      return;
    }
    if (layer.modal) return;
  }
});

/**
 * Bind keys while the component is shown. Later components win.
 * @param {string} group title in the list of keys, translated
 * @param {Binding[]} bindings
 * @param {{modal?: boolean, enabled?: boolean}} [options] modal: no binding below is reached
 */
export function useKeys(group, bindings, { modal = false, enabled = true } = {}) {
  const current = useRef(bindings);
  current.current = bindings;
  useLayoutEffect(() => { // a key works as soon as the page is drawn
    if (!enabled) return undefined;
    const layer = { group, modal, bindings: () => current.current };
    layers.value = [...layers.peek(), layer];
    return () => { layers.value = layers.peek().filter((one) => one !== layer); };
  }, [group, modal, enabled]);
}

/** The bindings that have a text, by group. @returns {{group: string, bindings: Binding[]}[]} */
export function listed() {
  const groups = /** @type {Map<string, Binding[]>} */ (new Map());
  for (const layer of layers.value) {
    const shown = layer.bindings().filter((one) => one.text);
    if (shown.length) groups.set(layer.group, [...(groups.get(layer.group) ?? []), ...shown]);
  }
  return [...groups].map(([group, bindings]) => ({ group, bindings }));
}

const SIGNS = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Backspace: "⌫",
  Mod: MAC ? "⌘" : "Ctrl", Shift: "⇧", PageUp: "PgUp", PageDown: "PgDn", Delete: "Del",
};

/** Return the sign of each part of a key name. @param {string} key @returns {string[]} */
export function signs(key) {
  const parts = key.length > 1 ? key.split("+") : [key];
  return parts.map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
