// @ts-check
/** The smallest changes of the mouth crop that change the predicted label, each with a preview. */
import { html } from "../vendor/preact.js";
import { LabelBadge } from "../components.js";
import { number, t } from "../i18n.js";

/** @typedef {{kind: string, amount: number | null, unit: string, label: string, changed: boolean}} Change */

/** @param {{changes: Change[], image: string, side: number}} props `side` is the side of the crop in pixels. */
export function Changes({ changes, image, side }) {
  return html`<section class="panel" aria-label=${t("Smallest change that changes the label")}>
    <header><h2>${t("Smallest change that changes the label")}</h2></header>
    <ul class="changes">${changes.map((one) => html`<li key=${one.kind} class=${one.changed ? "changed" : "stable"}>
      <span class="change-picture"><img src=${image} alt="" width="72" height="72" style=${one.changed ? preview(one, side) : {}} /></span>
      <span class="change-text"><strong>${title(one.kind)}</strong>
        <span class="figure">${one.changed ? amount(one) : t("up to {amount}", { amount: amount(one) })}</span></span>
      <span class="change-label">${one.changed ? html`→ <${LabelBadge} name=${one.label} />` : html`<span class="muted">${t("label stays")}</span>`}</span>
    </li>`)}</ul>
  </section>`;
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

/** @param {Change} one */
function amount({ amount: value, unit }) {
  if (value === null) return "–";
  const factor = unit === "x" || unit === "×";
  const text = number(value, { maximumFractionDigits: 2, signDisplay: factor ? "auto" : "exceptZero" });
  if (factor) return `× ${text}`;
  return unit === "°" ? `${text}°` : `${text} ${unit}`;
}

/**
 * Return CSS that shows a change on the picture.
 * @param {Change} one @param {number} side
 */
function preview({ kind, amount: value, unit }, side) {
  if (value === null) return {};
  const share = unit === "%" ? value : (100 * value) / side;
  switch (kind) {
    case "shift_x":
      return { transform: `translateX(${share}%)` };
    case "shift_y":
      return { transform: `translateY(${share}%)` };
    case "scale":
      return { transform: `scale(${unit === "%" ? 1 + value / 100 : value})` };
    case "roll":
      return { transform: `rotate(${value}deg)` };
    case "brightness":
      return { filter: `brightness(${unit === "%" ? 1 + value / 100 : value})` };
    case "blur":
      return { filter: `blur(${(72 * value) / side}px)` };
    default:
      return {};
  }
}
