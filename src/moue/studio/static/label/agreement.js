// @ts-check
/** Kappa of two labellings, their confusion, and the mouths to settle. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Button, Failure, LabelBadge, LabelDot, Skeleton } from "../components.js";
import { n, number, percent, t } from "../i18n.js";
import { labels } from "../labels.js";
import { label } from "../pictures/actions.js";
import { sized } from "../pictures/cells.js";
import { setQuery } from "../router.js";

/** Landis and Koch 1977. @param {number} kappa @returns {string} */
function verdict(kappa) {
  if (kappa > 0.8) return t("almost perfect agreement");
  if (kappa > 0.6) return t("substantial agreement");
  if (kappa > 0.4) return t("moderate agreement");
  if (kappa > 0.2) return t("fair agreement");
  return t("slight agreement");
}

/** @param {{id: string}} props */
export function Agreement({ id }) {
  const [data, setData] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [settled, setSettled] = useState(/** @type {Record<string, string>} */ ({}));
  const load = () => { setError(null); get(`passes/${id}/agreement`).then(setData, setError); };
  useEffect(load, [id]);
  if (error) return html`<${Failure} error=${error} retry=${load} />`;
  if (!data) return html`<${Skeleton} lines=${8} />`;
  const settle = (/** @type {any} */ item, /** @type {string} */ name) => {
    label([{ ...item, label: item.first }], name);
    setSettled({ ...settled, [item.name]: name });
  };
  const figure = (/** @type {number} */ value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return html`<section class="agreement"><div class="page-title"><h2>${t("Agreement of the two passes")}</h2>
      <${Button} onClick=${() => setQuery({ show: null }, true)}>${t("Continue labelling")}<//><${Button} kind="quiet" onClick=${() => setQuery({ pass: null, show: null }, true)}>${t("All passes")}<//></div>
    <div class="agreement-columns"><div class="panel panel-body"><p class="big-figure figure">κ ${data.kappa === null ? "–" : figure(data.kappa)}</p>
        <p>${data.kappa === null ? t("Kappa needs two labels at least.") : verdict(data.kappa)}</p>
        <p class="muted">${data.interval ? t("95 % interval {low} to {high}", { low: figure(data.interval[0]), high: figure(data.interval[1]) }) : ""}</p>
        <p class="muted">${t("{share} the same, of {n} mouths", { share: percent(data.agreement), n: data.labelled })}</p></div>
      <div class="panel panel-body table-scroll" tabindex="0" role="region" aria-label=${t("First label by second label")}><table class="confusion"><caption class="muted small-text">${t("Rows: first label. Columns: second label.")}</caption>
        <thead><tr><td />${data.confusion.labels.map((name) => html`<th key=${name} scope="col"><${LabelBadge} name=${name} /></th>`)}</tr></thead>
        <tbody>${data.confusion.labels.map((name, row) => html`<tr key=${name}><th scope="row"><${LabelBadge} name=${name} /></th>
          ${data.confusion.counts[row].map((count, column) => html`<td key=${column} class="figure ${row === column ? "same" : count ? "differs" : ""}">${number(count)}</td>`)}</tr>`)}</tbody></table></div></div>
    <h3>${n("{n} dispute", "{n} disputes", data.disputes.length)}</h3>
    <ul class="disputes">${data.disputes.map((item) => html`<li class="panel" key=${item.name}><img src=${sized(item.thumbnail, 192)} alt=${item.name} width="96" height="96" loading="lazy" />
      <div><p class="small-text muted">${t("first: {first}, second: {second}", { first: item.first, second: item.second })}</p>
        <div class="dispute-buttons">${labels.value.map((one) => html`<button type="button" class="button small" key=${one.name} aria-pressed=${String(settled[item.name] === one.name)}
          onClick=${() => settle(item, one.name)}><${LabelDot} name=${one.name} />${one.name}</button>`)}</div></div></li>`)}</ul></section>`;
}
