// @ts-check
/** One cluster: its pictures, and how each differs from the one that it is compared with. */

import { html } from "../vendor/preact.js";
import { Button } from "../components.js";
import { n, number, t, translate } from "../i18n.js";
import { drop, keepOnly, restore } from "../pictures/actions.js";
import { sized } from "../pictures/cells.js";
import { href } from "../router.js";

/**
 * @param {{cluster: any, active: number | null, difference: boolean, onActive: (item: number) => void}} props
 */
export function Cluster({ cluster, active, difference, onActive }) {
  const kept = cluster.items.filter((item) => !item.dropped).length;
  const best = cluster.items[0];
  const other = (/** @type {any} */ item) => cluster.items.find((/** @type {any} */ one) => one.name === item.compared_to) ?? best;
  const title = cluster.kind === "duplicates" ? t("Duplicates") : t("Similar pictures");
  return html`<article class="cluster panel ${active === null ? "" : "current"}" aria-label=${title}><header>
      <h2>${title} <span class="muted figure">${number(cluster.items.length)}</span></h2><span class="muted small-text">${n("{n} of {total} kept", "{n} of {total} kept", kept, { total: cluster.items.length })}</span>
      <${Button} small kind="quiet" onClick=${() => restore(cluster.items, "pictures")}>${t("Keep all")}<//>
      <${Button} small kind="quiet" onClick=${() => keepOnly(cluster.items, best)}>${t("Keep the best")}<//></header>
    <ul class="cluster-row" tabindex="-1">${cluster.items.map((item, index) => html`<li key=${item.name} class="cluster-item ${index === active ? "active" : ""}">
      <button type="button" aria-pressed=${String(!item.dropped)} aria-label=${t("{name}: {state}", { name: item.name, state: item.dropped ? t("dropped") : t("kept") })}
        onClick=${() => { onActive(index); if (item.dropped) restore([item], "pictures"); else drop([item], "pictures"); }} onFocus=${() => onActive(index)}>
        <span class="thumb contain ${item.dropped ? "dropped" : ""}"><img src=${sized(item.thumbnail, 192)} alt="" loading="lazy" decoding="async" />
          ${difference && other(item) !== item && html`<img class="difference ${item.mirrored ? "mirrored" : ""}" src=${sized(other(item).thumbnail, 192)} alt="" />`}</span>
        ${index === 0 && html`<span class="tag best">${t("best")}</span>`}</button>
      <div class="cell-line"><span>${item.dropped ? t("dropped") : t("kept")}</span><span class="figure">${item.width} × ${item.height}</span></div>
      ${other(item) !== best && other(item) !== item && html`<p class="small-text muted">${t("compared with picture {n}", { n: cluster.items.indexOf(other(item)) + 1 })}</p>`}
      ${differences(item, other(item)).length > 0 && html`<ul class="differences ${item.same_bytes ? "same" : ""}">${differences(item, other(item)).map((text) => html`<li key=${text}>${text}</li>`)}</ul>`}
      <p class="small-text"><a href=${href("pictures", "", { dropped: "any", text: item.name, open: item.name })}>${t("Open")}</a></p></li>`)}</ul></article>`;
}

/** @param {any} item @param {any} other @returns {string[]} */
function differences(item, other) {
  if (item === other) return [];
  if (item.same_bytes) return [t("the same file")];
  if (item.face_px === undefined) return (item.differences ?? []).map((/** @type {string} */ text) => translate(text));
  const texts = [];
  const size = item.face_px / other.face_px;
  if (item.mirrored) texts.push(t("mirrored"));
  if (size < 0.95) texts.push(t("face smaller: {one} px, not {other}", { one: Math.round(item.face_px), other: Math.round(other.face_px) }));
  if (size > 1.05) texts.push(t("face larger: {one} px, not {other}", { one: Math.round(item.face_px), other: Math.round(other.face_px) }));
  if (item.sharpness < 0.95 * other.sharpness) {
    texts.push(t("less sharp: {one}, not {other}", { one: short(item.sharpness), other: short(other.sharpness) }));
  }
  if (item.mouth_bits > 6) texts.push(t("another mouth: {n} of 64 bits differ", { n: item.mouth_bits }));
  if (!texts.length && item.hash_bits) texts.push(n("{n} of 64 bits differs", "{n} of 64 bits differ", item.hash_bits));
  return texts;
}

/** @param {number} value */
const short = (value) => number(value, { maximumSignificantDigits: 3 });

