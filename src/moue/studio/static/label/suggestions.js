// @ts-check
/** Mouths of one predicted label, sorted by probability, to confirm at once. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get, job, on, state } from "../api.js";
import { Button, Empty, Failure, LabelBadge, LabelSign, Segments, announce } from "../components.js";
import { decide } from "../edits.js";
import { n, number, percent, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { hold } from "../list.js";
import { run } from "../overview/jobs.js";
import { label } from "../pictures/actions.js";
import { sized } from "../pictures/cells.js";
import { now, withDecisions } from "../recent.js";
import { route, setQuery } from "../router.js";

const SHOWN = 40;

export function Suggestions() {
  const chosen = route.value.query.get("predicted") ?? labels.value[0]?.name ?? "";
  const least = Number(route.value.query.get("least") ?? 0.5);
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [total, setTotal] = useState(0);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [left, setLeft] = useState(/** @type {Set<string>} */ (new Set()));
  const [round, setRound] = useState(0);
  const running = job.value?.state === "running";
  useEffect(() => {
    const control = new AbortController();
    setError(null);
    const query = { dropped: "no", label: "none-set", predicted: chosen, min_probability: least, sort: "-probability", limit: SHOWN };
    const since = now();
    get("mouths", query, control.signal).then((answer) => { setItems(withDecisions(answer.items, since)); setTotal(answer.total); setLeft(new Set()); },
      (failure) => { if (!control.signal.aborted) setError(failure); });
    return () => control.abort();
  }, [chosen, least, round, running]);
  useEffect(() => hold({ patch: (name, fields) => setItems((old) => old && old.map((item) => (item.name === name ? { ...item, ...fields } : item))) }), []);

  const shown = useRef(/** @type {Set<string>} */ (new Set()));
  shown.current = new Set((items ?? []).map((item) => item.name));
  // An undo can bring back mouths that this list does not have any more.
  useEffect(() => on("decisions", ({ names }) => { if (names.some((/** @type {string} */ name) => !shown.current.has(name))) setRound((value) => value + 1); }), []);

  const open = (items ?? []).filter((item) => !item.label && !item.dropped && !left.has(item.name));
  const confirm = () => {
    decide({ action: "confirm", kind: "mouths", items: open, change: (item) => ({ label: item.predicted, label_by: "user" }) });
    announce(n("Confirmed {n}", "Confirmed {n}", open.length));
    setTimeout(() => setRound((value) => value + 1), 400);
  };
  const toggle = (/** @type {string} */ name) => {
    const next = new Set(left);
    if (!next.delete(name)) next.add(name);
    setLeft(next);
  };
  useKeys(t("Suggestions"), [
    { keys: ["Shift+Enter"], text: t("Confirm all shown"), run: () => { if (open.length) confirm(); } },
    { keys: ["n"], text: t("Show other mouths"), run: () => setRound((value) => value + 1) },
    ...labels.value.filter((one) => one.key).map((one) => ({ keys: [one.key], text: t("Label the focused mouth: {label}", { label: one.name }), run: () => {
      const name = document.activeElement?.closest("[data-name]")?.getAttribute("data-name");
      const item = items?.find((candidate) => candidate.name === name);
      if (item) label([item], one.name);
    } })),
  ]);
  return html`<section class="suggestions" aria-label=${t("Suggestions")}><div class="toolbar">
      <${Segments} label=${t("Predicted label")} value=${chosen} onChange=${(/** @type {string} */ value) => setQuery({ predicted: value })}
        options=${labels.value.map((one) => ({ value: one.name, title: html`<${LabelBadge} name=${one.name} />` }))} />
      <label class="switch">${t("at least")} <input type="range" min="0" max="1" step="0.05" value=${least}
        onChange=${(/** @type {any} */ event) => setQuery({ least: event.currentTarget.value })} /><span class="figure">${percent(least)}</span></label>
      <span class="figure muted" role="status">${items ? n("{n} suggestion", "{n} suggestions", total) : ""}</span></div>
    <div class="toolbar suggestion-actions"><${Button} onClick=${() => run("suggest")} disabled=${running} title=${t("Predict all mouths with the newest model")}>${t("Suggest labels")}<//>
      <${Button} kind="primary" icon="check" disabled=${!open.length} onClick=${confirm}>${n("Confirm {n}", "Confirm all {n} shown", open.length)}<//></div>
    ${error ? html`<${Failure} error=${error} retry=${() => setRound(round + 1)} />`
    : items === null ? html`<ul class="suggestion-grid" aria-hidden="true">${Array.from({ length: 20 }, (_, index) => html`<li key=${index}><span class="thumb skeleton" /></li>`)}</ul>`
    : items.length === 0 ? html`<${NoSuggestions} running=${running} />`
    : html`<ul class="suggestion-grid">${items.map((item) => html`<li key=${item.name}><button type="button" data-name=${item.name}
        class=${item.label ? "done" : left.has(item.name) ? "left-out" : ""} aria-pressed=${String(!left.has(item.name))} onClick=${() => toggle(item.name)}
        aria-label=${`${item.name}, ${item.label ?? item.predicted} ${percent(Math.max(...(item.probabilities ?? [0])))}`}>
        <span class="thumb"><img src=${sized(item.thumbnail, 192)} alt="" decoding="async" /></span>
        <span class="cell-line">${item.label ? html`<${LabelBadge} name=${item.label} />` : html`<span class="cell-guess"><${LabelSign} name=${item.predicted} />
          <span class="figure">${number(Math.max(...(item.probabilities ?? [0])), { style: "percent" })}</span></span>`}
          ${left.has(item.name) && !item.label ? html`<span>${t("left out")}</span>` : null}</span></button></li>`)}</ul>
      <p class="muted small-text">${t("Click a mouth to leave it out. A digit labels the focused mouth.")}</p>`}</section>`;
}

function NoSuggestions({ running }) {
  if (!state.value.tabs.unlabelled) return html`<${Empty} icon="check" title=${t("Every mouth here has a label")} />`;
  return html`<${Empty} icon="eye" title=${t("No suggestion for these mouths")}>
    <p>${t("Let a model predict all mouths; you can then confirm many predictions together. Or lower the minimum probability, or choose another label.")}</p>
    <${Button} kind="primary" disabled=${running} onClick=${() => run("suggest")}>${t("Suggest labels")}<//><//>`;
}
