// @ts-check
/** What each label means, with examples, beside the mouth that is being labelled. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, put, state } from "../api.js";
import { Button, Dialog, Field, LabelDot, Skeleton, toastError } from "../components.js";
import { t, translate } from "../i18n.js";
import { sized } from "../pictures/cells.js";

export function Guide() {
  const [guide, setGuide] = useState(/** @type {any} */ (null));
  const [editing, setEditing] = useState(/** @type {any} */ (null));
  const load = () => { get("guide").then(setGuide, () => {}); };
  useEffect(load, [state.value.labels.join()]);
  return html`<aside class="guide panel" aria-label=${t("Labelling guide")}><header><h2>${t("Guide")}</h2></header>
    ${guide === null ? html`<div class="panel-body"><${Skeleton} lines=${12} /></div>` : html`
    <ul>${guide.labels.map((one) => html`<li key=${one.name}><div class="guide-head"><${LabelDot} name=${one.name} /><h3>${one.name}</h3>
        <${Button} small kind="quiet" onClick=${() => setEditing(one)} title=${t("Change the text for {label}", { label: one.name })}>${t("Edit")}<//></div>
      ${one.text ? html`<p>${translate(one.text)}</p>` : html`<p class="muted">${t("Write down what belongs to this label, and what does not.")}</p>`}
      ${one.not && html`<p class="muted">${translate(one.not)}</p>`}
      ${one.examples?.length > 0 && html`<div class="guide-examples">${one.examples.map((url) => html`<img key=${url} src=${sized(url, 96)} alt="" width="40" height="40" loading="lazy" />`)}</div>`}</li>`)}</ul>
    ${guide.note && html`<p class="guide-note muted">${translate(guide.note)}</p>`}`}
    ${editing && html`<${EditText} label=${editing} onClose=${() => setEditing(null)} onSaved=${() => { setEditing(null); load(); }} />`}</aside>`;
}

function EditText({ label, onClose, onSaved }) {
  const [text, setText] = useState(label.own ? label.text : translate(label.text));
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await put("guide", { label: label.name, text });
      onSaved();
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Dialog} title=${t("Guide for {label}", { label: label.name })} onClose=${onClose}><form class="form" onSubmit=${save}>
    <${Field} id="guide-text" label=${t("What belongs to this label")}><textarea class="input" id="guide-text" rows="6" maxlength="2000" value=${text}
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} /><//>
    <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//><${Button} kind="primary" type="submit">${t("Save")}<//></div></form><//>`;
}
