// @ts-check
/** A second, blind labelling of the same mouths, and where it disagrees with the first. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, post } from "../api.js";
import { Button, Empty, Failure, Field, LabelDot, Progress, Skeleton, announce, toastError } from "../components.js";
import { t, when } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { route, setQuery } from "../router.js";
import { Agreement } from "./agreement.js";
import { largeThumbnail } from "./deck.js";
import { note } from "./pace.js";

export function SecondPass() {
  const id = route.value.query.get("pass");
  const view = route.value.query.get("show");
  if (!id) return html`<${Passes} />`;
  return view === "agreement" ? html`<${Agreement} id=${id} />` : html`<${BlindCards} id=${id} />`;
}

function Passes() {
  const [passes, setPasses] = useState(/** @type {any[] | null} */ (null));
  const [labeller, setLabeller] = useState("");
  const [sample, setSample] = useState("100");
  const [error, setError] = useState(/** @type {any} */ (null));
  const load = () => { setError(null); get("passes").then((answer) => setPasses(answer.passes), setError); };
  useEffect(load, []);
  const start = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const made = await post("passes", { op_id: crypto.randomUUID(), labeller: labeller.trim(), sample: sample ? Number(sample) : null });
      setQuery({ pass: String(made.id), show: null }, true);
    } catch (failure) {
      toastError(failure);
    }
  };
  if (error) return html`<${Failure} error=${error} retry=${load} />`;
  return html`<section class="passes"><form class="panel form panel-body" onSubmit=${start}><h2>${t("Second pass")}</h2>
      <p class="muted">${t("Label the same mouths again without seeing the first labels: wait a few days, or ask another person. The agreement shows how consistent the labels are, and which mouths to check.")}</p>
      <div class="pass-fields"><${Field} id="labeller" label=${t("Who labels")}><input class="input" id="labeller" required maxlength="80" value=${labeller}
          onInput=${(/** @type {any} */ event) => setLabeller(event.currentTarget.value)} /><//>
        <${Field} id="sample" label=${t("How many mouths")}><input class="input" id="sample" type="number" min="1" max="100000" value=${sample} placeholder=${t("all")}
          onInput=${(/** @type {any} */ event) => setSample(event.currentTarget.value)} /><//></div>
      <div class="form-end"><${Button} kind="primary" type="submit" disabled=${!labeller.trim()}>${t("Start")}<//></div></form>
    ${passes === null ? html`<${Skeleton} lines=${4} />` : passes.length > 0 && html`<ul class="panel pass-list">${passes.map((one) => html`<li key=${one.id}>
      <div><b>${one.labeller}</b> <span class="muted">${when(one.at)}</span></div>
      <${Progress} value=${one.total ? one.labelled / one.total : 0} label=${t("Labelled")} />
      <span class="figure">${t("{done} of {total}", { done: one.labelled, total: one.total })}</span>
      <${Button} disabled=${one.labelled === 0} onClick=${() => setQuery({ pass: String(one.id), show: "agreement" }, true)}>${t("Agreement")}<//>
      <${Button} disabled=${one.labelled >= one.total} onClick=${() => setQuery({ pass: String(one.id), show: null }, true)}>${t("Continue")}<//></li>`)}</ul>`}</section>`;
}

function BlindCards({ id }) {
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [at, setAt] = useState(0);
  const [given, setGiven] = useState(/** @type {Record<string, string>} */ ({}));
  const [counts, setCounts] = useState({ labelled: 0, total: 0 });
  const [error, setError] = useState(/** @type {any} */ (null));
  const load = () => {
    setError(null);
    get(`passes/${id}/next`, { after: items?.at(-1)?.position }).then((answer) => {
      setItems((old) => [...(old ?? []), ...answer.items.filter((item) => !(old ?? []).some((one) => one.name === item.name))]);
      setCounts({ labelled: answer.labelled, total: answer.total });
    }, setError);
  };
  useEffect(load, [id]);
  const item = items?.[at];
  const choose = async (/** @type {string} */ name, /** @type {Event} */ event) => {
    if (!item) return;
    const before = given[item.name];
    setGiven({ ...given, [item.name]: name });
    setAt(at + 1);
    note(event);
    announce(name);
    if (!before) setCounts((old) => ({ ...old, labelled: old.labelled + 1 }));
    try {
      await post(`passes/${id}/labels`, { op_id: crypto.randomUUID(), name: item.name, label: name });
      if (items && at + 10 > items.length) load();
    } catch (failure) {
      toastError(failure);
      setAt(at);
    }
  };
  useKeys(t("Second pass"), [
    ...labels.value.filter((one) => one.key).map((one) => ({ keys: [one.key], text: t("Label: {label}", { label: one.name }), run: (/** @type {Event} */ event) => { choose(one.name, event); } })),
    { keys: ["ArrowLeft", "p"], text: t("Back"), run: () => setAt(Math.max(0, at - 1)) },
    { keys: ["ArrowRight", "n"], text: t("Skip"), run: () => setAt(Math.min(items?.length ?? 0, at + 1)) },
  ]);
  if (error) return html`<${Failure} error=${error} retry=${load} />`;
  return html`<section class="labelling" aria-label=${t("Second pass")}><div class="pace"><${Progress} value=${counts.total ? counts.labelled / counts.total : 0} label=${t("Labelled")} />
      <span class="figure">${t("{done} of {total}", { done: counts.labelled, total: counts.total })}</span>
      <${Button} small onClick=${() => setQuery({ show: "agreement" }, true)} disabled=${!counts.labelled}>${t("Agreement")}<//>
      <${Button} small kind="quiet" onClick=${() => setQuery({ pass: null }, true)}>${t("All passes")}<//></div>
    ${items === null ? html`<div class="card"><div class="card-image skeleton" /></div>`
    : item ? html`<div class="card"><img class="card-image" src=${largeThumbnail(item.thumbnail)} alt=${t("Mouth {name}", { name: item.name })} width="320" height="320" />
      <div class="card-side"><div class="label-list" role="group" aria-label=${t("Label")}>${labels.value.map((one) => html`<button type="button" class="button" key=${one.name}
        aria-pressed=${String(given[item.name] === one.name)} onClick=${(/** @type {Event} */ event) => choose(one.name, event)}><${LabelDot} name=${one.name} />
        <span class="label-name">${one.name}</span><kbd aria-hidden="true">${one.key}</kbd></button>`)}</div>
        <div class="card-buttons"><${Button} icon="left" hint="ArrowLeft" disabled=${at === 0} onClick=${() => setAt(at - 1)}>${t("Back")}<//>
          <${Button} icon="right" hint="ArrowRight" onClick=${() => setAt(at + 1)}>${t("Skip")}<//></div>
        <p class="muted small-text">${t("First labels and predictions are hidden in this pass.")}</p></div></div>`
    : html`<${Empty} icon="check" title=${t("This pass is complete")}><${Button} kind="primary" onClick=${() => setQuery({ show: "agreement" }, true)}>${t("Show the agreement")}<//><//>`}</section>`;
}

