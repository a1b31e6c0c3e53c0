// @ts-check
/** One mouth at a time: a key labels it and shows the next. */

import { html, useEffect, useLayoutEffect, useMemo, useState } from "../vendor/preact.js";
import { job, on, state } from "../api.js";
import { Button, Empty, Failure, LabelDot, LabelSign, Probabilities, Progress, Select, announce } from "../components.js";
import { revisited } from "../edits.js";
import { number, percent, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { run } from "../overview/jobs.js";
import { drop, label, restore } from "../pictures/actions.js";
import { sized } from "../pictures/cells.js";
import { preference } from "../prefs.js";
import { href, route, setQuery } from "../router.js";
import { Deck, largeThumbnail } from "./deck.js";
import { count, note, perMinute } from "./pace.js";

const COLLECTED = "collected"; // an empty value would leave the address
const showGuess = preference("showGuess", true);

export function OneByOne() {
  const order = route.value.query.get("sort") ?? "-uncertainty";
  const which = route.value.query.get("which") ?? "unlabelled";
  const [round, setRound] = useState(0);
  const deck = useMemo(() => new Deck(new URLSearchParams({
    dropped: "no", sort: order === COLLECTED ? "" : order, ...(which === "unlabelled" ? { label: "none-set" } : {}),
  })), [order, which, round]);
  useEffect(() => on("job", (one) => { if (one.command === "suggest" && one.state === "done") setRound((value) => value + 1); }), []);
  useEffect(() => () => deck.close(), [deck]);
  useLayoutEffect(() => { // before the next key, which must act on this mouth
    const name = revisited.value.at(-1);
    if (name && deck.goTo(name)) revisited.value = [];
  }, [revisited.value, deck]);

  const item = deck.current;
  const choose = (/** @type {string | null} */ value, /** @type {Event} */ event) => {
    const item = deck.current; // not the one drawn last: two keys may come between two frames
    if (!item) return;
    label([item], value);
    announce(t("{label}, {done} of {total}", { label: value ?? t("no label"), done: labelledCount(), total: totalCount() }));
    if (value) deck.step(1);
    note(event);
  };
  const dropThis = () => {
    if (!deck.current) return;
    drop([deck.current], "mouths");
    deck.step(1);
  };
  const bringBack = () => { if (deck.current) restore([deck.current], "mouths"); };
  useKeys(t("Label"), [
    ...labels.value.filter((one) => one.key).map((one) => ({ keys: [one.key], text: t("Label: {label}", { label: one.name }),
      run: (/** @type {Event} */ event) => choose(one.name, event) })),
    { keys: ["0", "Backspace"], text: t("Clear the label"), run: (event) => choose(null, event) },
    { keys: ["Enter"], text: t("Accept the suggestion"), run: (event) => { if (deck.current?.predicted) choose(deck.current.predicted, event); } },
    { keys: ["ArrowRight", "n"], text: t("Skip"), run: () => deck.step(1) },
    { keys: ["ArrowLeft", "p"], text: t("Back"), run: () => deck.step(-1) },
    { keys: ["x"], text: t("Drop"), run: dropThis },
    { keys: ["r"], text: t("Restore"), run: bringBack },
    { keys: ["m"], text: t("Show or hide the suggestion"), run: () => { showGuess.value = !showGuess.value; } },
  ]);

  return html`<section class="labelling" aria-label=${t("Label")}>
    <div class="toolbar">
      <${Select} label=${t("Order")} value=${order} onChange=${(/** @type {string} */ value) => setQuery({ sort: value })} options=${orders()} />
      <${Select} label=${t("Mouths to label")} value=${which} onChange=${(/** @type {string} */ value) => setQuery({ which: value === "unlabelled" ? null : value })}
        options=${[{ value: "unlabelled", title: t("Without a label") }, { value: "all", title: t("All, to check") }]} />
      <label class="switch"><input type="checkbox" role="switch" checked=${showGuess.value}
        onChange=${(/** @type {any} */ event) => { showGuess.value = event.currentTarget.checked; }} />${t("Show suggestions")}</label></div>
    ${deck.model.value === null && item && html`<${NoPredictions} />`}
    <${Pace} />
    ${deck.error.value && !item ? html`<${Failure} error=${deck.error.value} retry=${() => deck.fill()} />`
    : !deck.ready.value || deck.waits ? html`<div class="card" aria-busy="true"><div class="card-image skeleton" /></div>`
    : item ? html`<${Card} item=${item} model=${deck.model.value} first=${deck.position.value === 0} onChoose=${choose} onStep=${(/** @type {number} */ by) => deck.step(by)} onDrop=${dropThis} onRestore=${bringBack} />` : html`<${Done} onBack=${() => deck.step(-1)} />`}
    <${Strip} deck=${deck} /></section>`;
}

export const orders = () => [
  { value: "-uncertainty", title: t("Most uncertain first") }, { value: "-disagreement", title: t("Disagreement first") },
  { value: "cluster", title: t("Similar together") }, { value: "random:1", title: t("Random") }, { value: COLLECTED, title: t("Order of collection") },
];

function labelledCount() { return state.value.counts.labelled; }
function totalCount() { return state.value.counts.labelled + state.value.tabs.unlabelled; }

function Pace() {
  const done = labelledCount();
  const total = totalCount();
  return html`<div class="pace"><${Progress} value=${total ? done / total : 0} label=${t("Labelled")} />
    <span class="figure">${t("{done} of {total}", { done, total })}</span><span class="figure muted">${total ? percent(done / total) : ""}</span>
    <span class="figure muted pace-speed">${count.value ? t("{n} now", { n: count.value }) : ""}
      ${perMinute.value ? ` · ${t("{n} a minute", { n: Math.round(perMinute.value) })}` : ""}</span></div>`;
}

function NoPredictions() {
  return html`<p class="note warning no-predictions"><span>${t("No model has predicted these mouths yet: there are no suggestions, and the orders by uncertainty and disagreement are the order of collection.")}</span>
    <${SuggestButton} /></p>`;
}

function SuggestButton() {
  return html`<${Button} small disabled=${job.value?.state === "running"} onClick=${() => run("suggest")}>${t("Suggest labels")}<//>`;
}

function Card({ item, model, first, onChoose, onStep, onDrop, onRestore }) {
  return html`<div class="card ${item.dropped ? "dropped" : ""}">
    <img class="card-image" src=${largeThumbnail(item.thumbnail)} alt=${t("Mouth {name}", { name: item.name })} width="320" height="320" decoding="sync" />
    <div class="card-side"><div class="label-list" role="group" aria-label=${t("Label")}>${labels.value.map((one) => html`
        <button type="button" class="button" key=${one.name} aria-pressed=${String(item.label === one.name)} onClick=${(/** @type {Event} */ event) => onChoose(one.name, event)}>
          <${LabelDot} name=${one.name} /><span class="label-name">${one.name}</span>${one.key && html`<kbd aria-hidden="true">${one.key}</kbd>`}</button>`)}</div>
      <div class="card-buttons"><${Button} icon="left" hint="ArrowLeft" disabled=${first} onClick=${() => onStep(-1)}>${t("Back")}<//>
        <${Button} icon="right" hint="ArrowRight" onClick=${() => onStep(1)}>${t("Skip")}<//>
        ${item.dropped ? html`<${Button} icon="restore" hint="r" onClick=${onRestore}>${t("Restore")}<//>`
        : html`<${Button} icon="drop" hint="x" onClick=${onDrop}>${t("Drop")}<//>`}</div>
      <div class="guess">${showGuess.value && item.probabilities
        ? html`<h2 class="small-title">${t("The model suggests")}</h2><${Probabilities} probabilities=${item.probabilities} names=${labels.value.map((one) => one.name)} />`
        : showGuess.value && model ? html`<p class="muted small-text">${t("The model has not predicted this mouth yet.")}</p><p><${SuggestButton} /></p>` : null}</div>
      <p class="muted small-text card-links"><a href=${href("pictures", "", { dropped: "any", text: item.sample, open: item.sample })}>${t("Show the picture")}</a>
        <a href=${href("explain", item.name)}>${t("Explain the prediction")}</a></p></div></div>`;
}

function Strip({ deck }) {
  const at = deck.position.value;
  const from = Math.max(0, at - 4);
  const shown = deck.items.value.slice(from, from + 14);
  return html`<ol class="strip" aria-label=${t("Before and after")}>${shown.map((item, index) => html`<li key=${item.name}>
    <button type="button" class=${from + index === at ? "now" : ""} aria-current=${from + index === at ? "true" : undefined}
      aria-label=${`${item.name}${item.label ? `, ${item.label}` : ""}`} onClick=${() => { deck.position.value = from + index; }}>
      <span class="thumb ${item.dropped ? "dropped" : ""}"><img src=${sized(item.thumbnail, 192)} alt="" /></span>
      ${item.label ? html`<${LabelSign} name=${item.label} />` : null}</button></li>`)}</ol>`;
}

function Done({ onBack }) {
  const crops = state.value.counts.crops;
  if (!crops) {
    return html`<${Empty} icon="grid" title=${t("No mouth was cropped yet")}><p>${t("Run all steps on the overview; then the mouths come here.")}</p>
      <a class="button primary" href=${href("overview")}>${t("Go to the overview")}</a><//>`;
  }
  return html`<${Empty} icon="check" title=${t("Every mouth here has a label")}>
    <p>${t("{n} labels in this workspace.", { n: number(labelledCount()) })} ${t("Check the labels by a second pass, or split and train.")}</p>
    <div class="form-end"><${Button} onClick=${onBack}>${t("Back")}<//><a class="button" href=${href("label", "", { mode: "pass" })}>${t("Second pass")}</a>
    <a class="button primary" href=${href("train")}>${t("Train")}</a></div><//>`;
}
