// @ts-check
/** Parts that all pages share. */

import { html, signal, useEffect, useRef } from "./vendor/preact.js";
import { messageText, number, t, translate } from "./i18n.js";
import { Icon } from "./icons.js";
import { signs, useKeys } from "./keys.js";
import { labelOf } from "./labels.js";

/**
 * A button. `kind` is "primary", "danger" or "quiet"; `icon` a name of `icons.js`; `hint` a key.
 * @param {{onClick?: (event: MouseEvent) => void, kind?: string, icon?: any, hint?: string,
 *   disabled?: boolean, pressed?: boolean, title?: string, small?: boolean, children?: any,
 *   type?: string, class?: string}} props
 */
export function Button({ kind = "", icon, hint, pressed, small, children, type = "button", class: extra = "", ...rest }) {
  return html`<button type=${type} class="button ${kind} ${small ? "small" : ""} ${extra}"
    aria-pressed=${pressed === undefined ? undefined : String(pressed)} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
    ${hint && html`<${Keys} name=${hint} />`}
  </button>`;
}

/** A button with an icon only. @param {{icon: any, label: string, onClick?: any, pressed?: boolean, disabled?: boolean, expanded?: boolean}} props */
export function IconButton({ icon, label, pressed, expanded, ...rest }) {
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    aria-expanded=${expanded === undefined ? undefined : String(expanded)} ...${rest}>
    <${Icon} name=${icon} /></button>`;
}

/** The keys of a binding, drawn as keycaps. @param {{name: string}} props */
export function Keys({ name }) {
  return html`<span class="keys" aria-hidden="true">${signs(name).map((one) => html`<kbd>${one}</kbd>`)}</span>`;
}

/** The name of a label with its colour and sign. @param {{name: string | null, quiet?: boolean}} props */
export function LabelBadge({ name, quiet = false }) {
  if (!name) return html`<span class="label-badge unset">${t("no label")}</span>`;
  return html`<span class="label-badge ${quiet ? "quiet" : ""}"><${LabelDot} name=${name} />${name}</span>`;
}

/** The coloured sign of a label, where its name is not shown. @param {{name: string}} props */
export function LabelSign({ name }) {
  const label = labelOf(name);
  return html`<span class="label-sign" aria-hidden="true"
    style=${{ background: label.colour, color: label.ink }}>${label.sign}</span>`;
}

/** The colour of a label, beside its name. @param {{name: string}} props */
export function LabelDot({ name }) {
  return html`<span class="label-dot" aria-hidden="true" style=${{ background: labelOf(name).colour }} />`;
}

/** Probabilities as bars, in label order. @param {{probabilities: number[], names: string[]}} props */
export function Probabilities({ probabilities, names }) {
  return html`<ul class="probabilities">${names.map((name, index) => html`<li key=${name}>
    <${LabelBadge} name=${name} quiet />
    <span class="meter"><span style=${{ width: `${100 * probabilities[index]}%`, background: labelOf(name).colour }} /></span>
    <span class="figure">${number(probabilities[index], { style: "percent" })}</span></li>`)}</ul>`;
}

/** A progress bar; `value` from 0 to 1, null while it is unknown. @param {{value: number | null, label: string}} props */
export function Progress({ value, label }) {
  return html`<div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${value === null ? undefined : Math.round(100 * value)}>
    <span class=${value === null ? "unknown" : ""} style=${value === null ? {} : { width: `${100 * value}%` }} /></div>`;
}

/** Grey bars in place of content that is being fetched. @param {{lines?: number, class?: string}} props */
export function Skeleton({ lines = 1, class: extra = "" }) {
  return html`<div class="skeleton-lines ${extra}" aria-hidden="true">
    ${Array.from({ length: lines }, (_, index) => html`<span class="skeleton" key=${index} />`)}</div>`;
}

/** What to do where there is nothing to show. @param {{icon?: any, title: string, children?: any}} props */
export function Empty({ icon = "info", title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><h2>${title}</h2><div>${children}</div></div>`;
}

/** A failed request with a button to repeat it. @param {{error: any, retry?: () => void}} props */
export function Failure({ error, retry }) {
  return html`<div class="empty failure" role="alert"><${Icon} name="warning" /><h2>${errorText(error)}</h2>
    ${retry && html`<${Button} onClick=${retry}>${t("Try again")}<//>`}</div>`;
}

/** @param {any} error @returns {string} */
export function errorText(error) {
  if (error?.status === 0) return t("The studio does not answer. Is `moue studio` still running?");
  if (error?.text) return translate(error.text, error.values);
  return error?.message ? messageText(error.message, error.translations) : String(error);
}

/**
 * A named form control. @param {{label: string, help?: string, children: any, error?: string, id: string}} props
 */
export function Field({ label, help, error, id, children }) {
  return html`<div class="field"><label for=${id}>${label}</label>${children}
    ${help && html`<p class="help" id="${id}-help">${help}</p>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}</div>`;
}

/**
 * @param {{value: string, options: {value: string, title: string}[], onChange: (value: string) => void,
 *   label: string, id?: string}} props
 */
export function Select({ value, options, onChange, label, id }) {
  return html`<select class="select" id=${id} aria-label=${label} value=${value}
    onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
    ${options.map((one) => html`<option key=${one.value} value=${one.value} selected=${one.value === value}>${one.title}</option>`)}
  </select>`;
}

/**
 * Choices of which one is active. @param {{value: string, options: {value: string, title: any}[],
 *   onChange: (value: string) => void, label: string}} props
 */
export function Segments({ value, options, onChange, label }) {
  return html`<div class="segments" role="group" aria-label=${label}>${options.map((one) => html`
    <button type="button" key=${one.value} aria-pressed=${String(one.value === value)}
      onClick=${() => onChange(one.value)}>${one.title}</button>`)}</div>`;
}

/**
 * A modal dialog. The browser keeps the focus inside and gives it back; Escape closes.
 * @param {{title: string, onClose: () => void, children: any, wide?: boolean, actions?: any}} props
 */
export function Dialog({ title, onClose, children, wide = false, actions }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useKeys(title, [], { modal: true });
  const cancel = (/** @type {Event} */ event) => { event.preventDefault(); onClose(); };
  const click = (/** @type {MouseEvent} */ event) => { if (event.target === element.current) onClose(); };
  return html`<dialog ref=${element} class="dialog ${wide ? "wide" : ""}" aria-label=${title} onCancel=${cancel} onClick=${click}>
    <header><h2>${title}</h2><${IconButton} icon="close" label=${t("Close")} onClick=${onClose} /></header>
    <div class="dialog-body" tabindex="0" role="region" aria-label=${title}>${children}</div>
    ${actions && html`<footer>${actions}</footer>`}</dialog>`;
}

const toasts = signal(/** @type {{id: number, text: string, kind: string, action?: any}[]} */ ([]));
let lastToast = 0;

/**
 * Show a message for a few seconds.
 * @param {string} text @param {{kind?: "info" | "error", action?: {text: string, run: () => void}}} [options]
 * @returns {() => void} closes it
 */
export function toast(text, { kind = "info", action } = {}) {
  const id = ++lastToast;
  toasts.value = [...toasts.value.filter((one) => one.text !== text).slice(-2), { id, text, kind, action }];
  setTimeout(() => dismiss(id), kind === "error" ? 12000 : 6000);
  return () => dismiss(id);
}

/** @param {any} error */
export const toastError = (error) => toast(errorText(error), { kind: "error" });

const dismiss = (/** @type {number} */ id) => { toasts.value = toasts.value.filter((one) => one.id !== id); };

/** Where toasts appear; the shell shows it once. */
export function Toasts() {
  return html`<div class="toasts" role="status">${toasts.value.map((one) => html`
    <div class="toast ${one.kind}" key=${one.id}><span>${one.text}</span>
      ${one.action && html`<button type="button" onClick=${() => { dismiss(one.id); one.action.run(); }}>${one.action.text}</button>`}
      <${IconButton} icon="close" label=${t("Close")} onClick=${() => dismiss(one.id)} /></div>`)}</div>`;
}

const announced = signal("");
/** Say something to screen readers only. @param {string} text */
export function announce(text) { announced.value = text; }
/** The live region of `announce`; the shell shows it once. */
export function Announcer() {
  return html`<div class="visually-hidden" aria-live="polite">${announced.value}</div>`;
}
