// @ts-check
/** A histogram of a measurement with its threshold, and the pictures that another one would drop. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get, put, state } from "../api.js";
import { Button, Failure, Segments, Skeleton, toastError } from "../components.js";
import { n, t, translate } from "../i18n.js";
import { href } from "../router.js";
import { Histogram } from "./histogram.js";
import { run } from "./jobs.js";

const MEASURES = ["sharpness", "dark", "bright", "face_size"];

function titles() {
  return { sharpness: t("Sharpness"), dark: t("Too dark"), bright: t("Too bright"), face_size: t("Face size") };
}

export function Thresholds() {
  const [measure, setMeasure] = useState(MEASURES[0]);
  const [data, setData] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [threshold, setThreshold] = useState(0);
  const [effect, setEffect] = useState(/** @type {any} */ (null));
  const changed = state.value.changed;
  const shown = useRef(/** @type {any} */ (null)); // a moved line stays when the catalog changes
  const load = () => {
    setError(null);
    get(`histograms/${measure}`).then((answer) => {
      setThreshold((now) => (shown.current?.measure === measure && now !== shown.current.threshold ? now : answer.threshold));
      shown.current = answer;
      setData(answer);
    }, setError);
  };
  useEffect(load, [measure, changed]);
  useEffect(() => setEffect(null), [measure]);
  const control = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => {
    if (!data || data.measure !== measure) return undefined;
    const timer = setTimeout(() => {
      control.current?.abort();
      control.current = new AbortController();
      get(`histograms/${measure}/dropped`, { threshold }, control.current.signal).then(setEffect, () => {});
    }, 80);
    return () => clearTimeout(timer);
  }, [threshold, data]);

  const save = async (/** @type {boolean} */ clean) => {
    try {
      await put("settings", { ...data.setting, value: threshold });
      shown.current = { ...data, threshold };
      setData(shown.current);
      if (clean) await run("clean");
    } catch (failure) {
      toastError(failure);
    }
  };
  const moved = data && threshold !== data.threshold;
  return html`<section class="panel thresholds"><header><h2>${t("Thresholds")}</h2>
      <${Segments} label=${t("Measurement")} value=${measure} onChange=${setMeasure}
        options=${MEASURES.map((value) => ({ value, title: titles()[value] }))} /></header>
    ${error ? html`<${Failure} error=${error} retry=${load} />` : html`<div class="threshold-body">
      <div class="threshold-chart">${data && data.counts.length
        ? html`<${Histogram} data=${data} threshold=${threshold} onChange=${setThreshold} label=${titles()[measure]} />`
        : data ? html`<p class="muted">${t("No picture has this measurement yet. Run “Clean” first.")}</p>`
        : html`<div class="skeleton histogram-wait" />`}
        <div class="threshold-actions"><label>${t("Threshold")} <input class="input" type="number" step="any" aria-label=${t("Threshold")}
            value=${threshold} onChange=${(/** @type {any} */ event) => { if (event.currentTarget.value !== "") setThreshold(Number(event.currentTarget.value)); }} /></label>
          <${Button} kind="quiet" disabled=${!moved} onClick=${() => setThreshold(data.threshold)}>${t("Reset")}<//>
          <${Button} disabled=${!moved} onClick=${() => save(false)}>${t("Save")}<//>
          <${Button} kind="primary" disabled=${!moved} onClick=${() => save(true)}>${t("Save and clean")}<//></div></div>
      <${Effect} effect=${effect} moved=${Boolean(moved)} /></div>`}</section>`;
}

function Effect({ effect, moved }) {
  if (!effect) return html`<div class="threshold-effect"><${Skeleton} lines=${3} /></div>`;
  const drops = effect.would_drop ?? effect.total;
  const keeps = effect.would_keep ?? 0;
  return html`<div class="threshold-effect" aria-live="polite">
    <p>${drops || keeps ? html`${drops > 0 && html`<b>${n("{n} picture would be dropped", "{n} pictures would be dropped", drops)}</b>`}
      ${drops > 0 && keeps > 0 ? " · " : ""}${keeps > 0 && html`<b>${n("{n} picture would be restored", "{n} pictures would be restored", keeps)}</b>`}`
    : html`<span class="muted">${moved ? t("No picture changes.") : t("Move the line to see which pictures it would drop.")}</span>`}</p>
    <ul class="thumbs">${(effect.items ?? []).slice(0, 60).map((item) => html`<li key=${item.name}>
      <a href=${href("pictures", "", { open: item.name, dropped: "any" })} title=${`${item.name} ${translate(item.reason_title)}`}>
      <span class="thumb"><img src=${item.thumbnail} alt=${item.name} loading="lazy" decoding="async" /></span></a></li>`)}</ul>
    ${effect.total > 60 && html`<p class="muted small-text">${t("The first {shown} of {total}", { shown: 60, total: effect.total })}</p>`}</div>`;
}

