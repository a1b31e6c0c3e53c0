// @ts-check
/** All settings of `moue.toml`, made from the same declarations as the flags. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, put } from "../api.js";
import { Button, Failure, Skeleton, announce, errorText } from "../components.js";
import { n, t, translate } from "../i18n.js";
import { settingName } from "../names.js";

export function SettingsForm() {
  const [sections, setSections] = useState(/** @type {any[] | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const load = () => { setError(null); get("settings").then((answer) => setSections(answer.sections), setError); };
  useEffect(load, []);
  const replace = (/** @type {any} */ changed) => {
    setSections((old) => (old ?? []).map((one) => (one.name === changed.name ? changed : one)));
  };
  return html`<section class="panel settings"><header><h2>${t("Settings")}</h2>
      <span class="muted small-text">${t("Kept in moue.toml; the commands use the same values.")}</span></header>
    ${error ? html`<${Failure} error=${error} retry=${load} />`
    : sections === null ? html`<div class="panel-body"><${Skeleton} lines=${6} /></div>`
    : sections.map((section) => html`<${Section} key=${section.name} section=${section} onChange=${replace} />`)}</section>`;
}

function Section({ section, onChange }) {
  const changed = section.fields.filter((field) => field.source !== "default").length;
  return html`<details><summary><span class="mono">[${section.name}]</span><span>${translate(section.title)}</span>
      ${changed > 0 && html`<span class="chip">${n("{n} changed", "{n} changed", changed)}</span>`}</summary>
    <div class="settings-fields">${section.fields.map((field) => html`<${Setting} key=${field.name}
      section=${section.name} field=${field} onChange=${onChange} />`)}</div></details>`;
}

function Setting({ section, field, onChange }) {
  const [error, setError] = useState("");
  const id = `setting-${section}-${field.name}`;
  const store = async (/** @type {any} */ value) => {
    try {
      onChange(await put("settings", { section, name: field.name, value }));
      setError("");
      announce(t("Saved"));
    } catch (failure) {
      setError(errorText(failure));
    }
  };
  return html`<div class="field setting"><div class="setting-head"><label for=${id}>${settingName(field.name)}</label>
      ${field.source !== "default" && html`<span class="chip">${field.source === "kept" ? t("from the last command") : field.source}</span>
        <${Button} small kind="quiet" onClick=${() => store(null)} title=${t("Back to the default")}>${t("Reset")}<//>`}</div>
    <${Control} id=${id} field=${field} store=${store} invalid=${Boolean(error)} />
    <p class="help" id="${id}-help">${translate(field.help)}</p>
    ${error && html`<p class="error" role="alert">${error}</p>`}</div>`;
}

function Control({ id, field, store, invalid }) {
  const described = { id, "aria-describedby": `${id}-help`, "aria-invalid": invalid ? "true" : undefined };
  if (field.type === "bool") {
    return html`<input type="checkbox" role="switch" ...${described} checked=${Boolean(field.value)}
      onChange=${(/** @type {any} */ event) => store(event.currentTarget.checked)} />`;
  }
  if (field.choices?.length) {
    return html`<select class="select" ...${described} value=${field.value ?? ""}
      onChange=${(/** @type {any} */ event) => store(event.currentTarget.value || null)}>
      ${field.optional && html`<option value="">${t("automatic")}</option>`}
      ${field.choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === field.value}>${choice}</option>`)}</select>`;
  }
  const numeric = field.type === "int" || field.type === "float";
  const read = (/** @type {string} */ text) => (text === "" ? null : numeric ? Number(text) : text);
  return html`<input class="input" type=${numeric ? "number" : "text"} step=${field.type === "float" ? "any" : 1}
    ...${described} min=${field.low ?? undefined} max=${field.high ?? undefined} value=${field.value ?? ""}
    placeholder=${field.optional ? t("automatic") : String(field.default ?? "")}
    onChange=${(/** @type {any} */ event) => { if (event.currentTarget.validity.badInput) return; store(read(event.currentTarget.value)); }} />`;
}
