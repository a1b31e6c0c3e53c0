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
 * @property {string} [crop] Data URL of the crop after the change.
 */

/** @param {{changes: Change[], image: string}} props `image` is the unchanged crop. */
export function Changes({ changes, image }) {
  return html`<section class="panel" aria-label=${t("Smallest change that changes the label")}>
    <header><h2>${t("Smallest change that changes the label")}</h2></header>
    <ul class="changes">
      ${changes.map((one) => html`<li key=${one.kind} class=${one.changed ? "changed" : "stable"}><${Row} one=${one} image=${image} /></li>`)}
    </ul>
  </section>`;
}

/** @param {{one: Change, image: string}} props */
function Row({ one, image }) {
  const look = one.changed && !one.crop ? preview(one) : {};
  const range = () => t("from {low} to {high}", { low: amountText(one.kind, one.low), high: amountText(one.kind, one.high) });
  return html`<span class="change-picture"><img src=${one.crop ?? image} alt="" width="72" height="72" style=${look} /></span>
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
function amountText(kind, value) {
  const text = number(value, { maximumFractionDigits: 2, signDisplay: kind === "scale" || kind === "blur" ? "auto" : "exceptZero" });
  switch (kind) {
    case "scale":
      return `× ${text}`;
    case "roll":
      return `${text}°`;
    case "brightness":
      return t("{amount} of 255", { amount: text });
    default:
      return t("{amount} % of the side", { amount: text });
  }
}

/** Return CSS that shows about the change on the picture. The crop moves, so the mouth moves back. @param {Change} one */
function preview({ kind, amount }) {
  const value = amount ?? 0;
  switch (kind) {
    case "shift_x":
      return { transform: `translateX(${-value}%)` };
    case "shift_y":
      return { transform: `translateY(${-value}%)` };
    case "scale":
      return { transform: `scale(${1 / value})` };
    case "roll":
      return { transform: `rotate(${value}deg)` };
    case "brightness":
      return { filter: `brightness(${1 + value / 128})` };
    case "blur":
      return { filter: `blur(${0.72 * value}px)` };
    default:
      return {};
  }
}
