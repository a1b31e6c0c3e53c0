// @ts-check
/** The filters beside the grid, with the number of items behind each value. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Button, Segments } from "../components.js";
import { number, t, translate } from "../i18n.js";
import { deciderName, splitName } from "../names.js";
import { route, setQuery } from "../router.js";
import { clearFilters, facetTitles, filterCount, rangeTitles, serverQuery, showsMouths, toggleValue } from "./query.js";

const SHOWN = 6;
const MOUTHS_ONLY = new Set(["label", "label_by", "split"]);
const RANGES_OF_MOUTHS = new Set(["probability", "margin", "disagreement"]);

export function Filters() {
  const facets = useFacets();
  const { query } = route.value;
  const mouths = showsMouths();
  return html`<div class="filters">
    <${Segments} label=${t("State")} value=${query.get("dropped") ?? "any"}
      onChange=${(/** @type {string} */ value) => setQuery({ dropped: value === "any" ? null : value, reason: value === "no" ? null : query.getAll("reason"), open: null })}
      options=${[{ value: "any", title: t("All") }, { value: "no", title: t("In use") }, { value: "yes", title: t("Dropped") }]} />
    ${Object.entries(facetTitles()).filter(([key]) => mouths || !MOUTHS_ONLY.has(key)).map(([key, title]) => html`
      <${Facet} key=${key} name=${key} title=${title} values=${facets?.[key]} chosen=${query.getAll(key)} />`)}
    <details class="facet"><summary>${t("Ranges")}</summary>
      ${Object.entries(rangeTitles()).filter(([key]) => mouths || !RANGES_OF_MOUTHS.has(key)).map(([key, title]) => html`
        <${Range} key=${key} name=${key} title=${title} query=${query} />`)}</details>
    <${Button} kind="quiet" small disabled=${!filterCount()} onClick=${clearFilters}>${t("Clear all filters")}<//></div>`;
}

function useFacets() {
  const [facets, setFacets] = useState(/** @type {any} */ (null));
  const control = useRef(/** @type {AbortController | null} */ (null));
  const kind = showsMouths() ? "mouths" : "pictures";
  const query = serverQuery();
  query.delete("sort");
  const key = `${kind}?${query}`;
  useEffect(() => {
    control.current?.abort();
    control.current = new AbortController();
    query.set("kind", kind);
    get("facets", query, control.current.signal).then(setFacets, () => {});
  }, [key]);
  return facets;
}

function Facet({ name, title, values, chosen }) {
  const [all, setAll] = useState(false);
  const known = values ?? [];
  const missing = chosen.filter((value) => !known.some((one) => one.value === value)).map((value) => ({ value, title: value, count: 0 }));
  const rows = [...missing, ...known];
  if (!rows.length) return null;
  const shown = all ? rows : rows.filter((one, index) => index < SHOWN || chosen.includes(one.value));
  return html`<details class="facet" open=${["reason", "label", "split"].includes(name) || chosen.length > 0}><summary>${title}</summary>
    <ul>${shown.map((one) => html`<li key=${one.value}><label title=${one.title}>
      <input type="checkbox" checked=${chosen.includes(one.value)} onChange=${() => toggleValue(name, one.value)} />
      <span class="facet-name">${facetValue(name, one)}</span><span class="figure muted">${number(one.count)}</span></label></li>`)}</ul>
    ${rows.length > shown.length && html`<${Button} kind="quiet" small onClick=${() => setAll(true)}>${t("Show all {n}", { n: rows.length })}<//>`}</details>`;
}

/** @param {string} name @param {{value: string, title: string}} one */
function facetValue(name, one) {
  if (name === "split" && one.value === one.title) return splitName(one.value);
  if (name === "label_by" && one.value === one.title) return deciderName(one.value);
  if (name === "label" && one.value === one.title) return one.value; // names of labels are not translated
  return translate(one.title) || one.value;
}

function Range({ name, title, query }) {
  const change = (/** @type {string} */ key) => (/** @type {any} */ event) => setQuery({ [key]: event.currentTarget.value, open: null });
  return html`<fieldset class="range"><legend>${title}</legend>
    <input class="input" type="number" step="any" aria-label=${t("{name}: from", { name: title })} placeholder=${t("from")} value=${query.get(`min_${name}`) ?? ""} onChange=${change(`min_${name}`)} />
    <input class="input" type="number" step="any" aria-label=${t("{name}: to", { name: title })} placeholder=${t("to")} value=${query.get(`max_${name}`) ?? ""} onChange=${change(`max_${name}`)} /></fieldset>`;
}
