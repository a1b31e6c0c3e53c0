// @ts-check
/** The smallest changes of the mouth crop that change the predicted label, each with a preview. */
import { html } from "../vendor/preact.js";
import { LabelBadge } from "../components.js";
import { number, t } from "../i18n.js";

/**
 * @typedef {object} Change
 * @property {string} kind Kind of the change, such as `shift_x`.
 * @property {number | null} amount Smallest amount that changes the label; null if none does.
 * @property {string | null} label Label after the change.
 * @property {boolean} changed
 * @property {number} low
 * @property {number} high Ends of the search.
 * @property {string | null} [preview] Crop after the change as a data URL.
 */

/** @param {{changes: Change[], image: string}} props `image` is the unchanged crop. */
export function Changes({ changes, image }) {
  return html`<section class="panel" aria-label=${t("Smallest change that changes the label")}>
    <header><h2>${t("Smallest change that changes the label")}</h2></header>
    <ul class="changes">
      ${changes.map((one) => html`<li key=${one.kind} class=${one.changed ? "changed" : "stable"}><${Row} one=${one} image=${image} /></li>`)}
    </ul>
    <p class="panel-note help">${t("Shifts and blur in percent of the side of the crop.")}</p>
  </section>`;
}

/** @param {{one: Change, image: string}} props */
function Row({ one, image }) {
  const range = () => t("{low} to {high}", { low: signed(one.kind, one.low), high: signed(one.kind, one.high) });
  return html`<span class="change-picture"><img src=${one.preview ?? image} alt="" width="72" height="72" /></span>
    <span class="change-text"><strong>${title(one.kind)}</strong>
      <span class=${one.changed ? "figure" : "figure muted"}>${one.amount === null ? range() : amountText(one.kind, one.amount)}</span></span>
    <span class="change-label">
      ${one.changed ? html`→ <${LabelBadge} name=${one.label} />` : html`<span class="muted">${t("label stays")}</span>`}</span>`;
}

/** @param {string} kind */
function title(kind) {
  const titles = /** @type {Record<string, string>} */ ({
    shift_x: t("Shift sideways"),
    shift_y: t("Shift up or down"),
    scale: t("Scale"),
    roll: t("Rotate"),
    brightness: t("Brightness"),
    blur: t("Blur"),
  });
  return titles[kind] ?? kind;
}

/** @param {string} kind @param {number} value */
const signed = (kind, value) =>
  number(value, { maximumFractionDigits: 2, signDisplay: kind === "scale" || kind === "blur" ? "auto" : "exceptZero" });

/** @param {string} kind @param {number} value */
function amountText(kind, value) {
  const text = signed(kind, value);
  switch (kind) {
    case "scale":
      return `× ${text}`;
    case "roll":
      return `${text}°`;
    case "brightness":
      return t("{amount} of 255", { amount: text });
    default:
      return t("{amount} %", { amount: text });
  }
}
