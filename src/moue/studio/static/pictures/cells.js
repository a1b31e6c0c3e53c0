// @ts-check
/** The content of a cell of the grid. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { Icon } from "../icons.js";
import { LabelBadge, LabelSign } from "../components.js";
import { number, t, translate } from "../i18n.js";

/** A thumbnail address for a size of cells. @param {string} url @param {number} side */
export function sized(url, side) {
  return `${url}${url.includes("?") ? "&" : "?"}side=${side}`;
}

/** @param {{item: any, ready: boolean, side: number}} props */
export function Thumb({ item, ready, side }) {
  return html`<span class="thumb ${item.dropped ? "dropped" : ""}">${ready && item.thumbnail
    && html`<${Picture} src=${sized(item.thumbnail, side)} />`}</span>`;
}

/**
 * A picture whose request ends with it. An `img` cannot do this: Chromium loads a removed one to the
 * end, and keeps one whose `src` was taken away in memory.
 */
function Picture({ src }) {
  const [url, setUrl] = useState("");
  const [missing, setMissing] = useState(false); // such as a file that is not a picture
  useEffect(() => {
    const control = new AbortController();
    let made = "";
    load(src, control.signal).then((blob) => { setUrl(made = URL.createObjectURL(blob)); })
      .catch(() => { if (!control.signal.aborted) setMissing(true); });
    return () => { control.abort(); URL.revokeObjectURL(made); };
  }, [src]);
  if (missing) return html`<span class="thumb-missing"><${Icon} name="warning" /></span>`;
  return url && html`<img src=${url} alt="" decoding="async" draggable="false" onError=${() => setMissing(true)} />`;
}

/** @param {string} src @param {AbortSignal} signal */
async function load(src, signal) {
  const answer = await fetch(src, { signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.blob();
}

/** @param {any} item @param {boolean} ready @param {number} side @param {boolean} chosen */
export function pictureCell(item, ready, side, chosen) {
  return html`<${Thumb} item=${item} ready=${ready} side=${side} /><${Check} chosen=${chosen} />
    <span class="cell-line" title=${cellTitle(item)}>${item.dropped ? html`<span>${translate(item.reason_title) || item.dropped}</span>`
      : html`<span>${item.name}</span>${!item.faces && html`<span>${t("no face")}</span>`}`}</span>`;
}

/** The name and the size of a picture. @param {any} item */
function cellTitle(item) {
  return item.width && item.height ? `${item.name}, ${item.width} × ${item.height}` : item.name;
}

/** @param {any} item @param {boolean} ready @param {number} side @param {boolean} chosen */
export function mouthCell(item, ready, side, chosen) {
  const wrong = item.label && item.predicted && item.label !== item.predicted;
  const sure = item.probabilities ? Math.max(...item.probabilities) : null;
  return html`<${Thumb} item=${item} ready=${ready} side=${side} /><${Check} chosen=${chosen} />
    <span class="cell-line"><${LabelBadge} name=${item.label} />
      ${item.predicted && html`<span class="cell-guess ${wrong ? "wrong" : ""}" title=${t("The model: {label}", { label: item.predicted })}>
        <${LabelSign} name=${item.predicted} /><span class="figure">${sure === null ? "" : number(sure, { style: "percent" })}</span></span>`}</span>`;
}

function Check({ chosen }) {
  return html`<span class="cell-check ${chosen ? "chosen" : ""}" data-check>${html`<${Icon} name="check" />`}</span>`;
}

/** @param {any} item @returns {string} */
export function cellName(item) {
  const parts = [item.name];
  if (item.label) parts.push(t("label {label}", { label: item.label }));
  else if ("label" in item) parts.push(t("no label"));
  if (item.dropped) parts.push(t("dropped: {reason}", { reason: translate(item.reason_title) || item.dropped }));
  return parts.join(", ");
}
