// @ts-check
/** Change the labels of the workspace. */

import { html, useState } from "../vendor/preact.js";
import { put, refreshState, state } from "../api.js";
import { Button, Dialog, Field, errorText } from "../components.js";
import { t } from "../i18n.js";

export function LabelNames() {
  const [open, setOpen] = useState(false);
  return html`<${Button} kind="quiet" icon="settings" onClick=${() => setOpen(true)}>${t("Label names")}<//>
    ${open && html`<${Names} onClose=${() => setOpen(false)} />`}`;
}

function Names({ onClose }) {
  const [text, setText] = useState(state.value.labels.join("\n"));
  const [error, setError] = useState("");
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await put("labels", { labels: text.split("\n").map((line) => line.trim()).filter(Boolean) });
      await refreshState();
      onClose();
    } catch (failure) {
      setError(errorText(failure));
    }
  };
  return html`<${Dialog} title=${t("Label names")} onClose=${onClose}><form class="form" onSubmit=${save}>
    <${Field} id="label-names" label=${t("One label per line; the order gives the keys 1, 2, 3 …")} error=${error}
      help=${t("Mouths keep the labels they have. A model trained on other labels suggests its own.")}>
      <textarea class="input" id="label-names" rows="6" aria-describedby="label-names-help" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} /><//>
    <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//><${Button} kind="primary" type="submit">${t("Save")}<//></div></form><//>`;
}
