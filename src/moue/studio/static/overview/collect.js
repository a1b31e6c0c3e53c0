// @ts-check
/** Add folders, files or videos of this machine to the workspace. */

import { html, useState } from "../vendor/preact.js";
import { Button, Dialog, Field } from "../components.js";
import { t } from "../i18n.js";
import { run } from "./jobs.js";

/** @param {{onClose: () => void}} props */
export function CollectDialog({ onClose }) {
  const [text, setText] = useState("");
  const [kind, setKind] = useState("photo");
  const sources = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (sources.length && (await run("collect", { sources, kind }))) onClose();
  };
  return html`<${Dialog} title=${t("Add pictures")} onClose=${onClose}>
    <form id="collect" class="form" onSubmit=${submit}>
      <${Field} id="sources" label=${t("Folders, pictures or videos, one per line")}
        help=${t("Paths on this machine. moue reads the files and never changes them.")}>
        <textarea class="input mono" id="sources" rows="4" aria-describedby="sources-help" required
          placeholder="/home/me/photos" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} /><//>
      <fieldset class="field"><legend>${t("The pictures show")}</legend>
        <label class="switch"><input type="radio" name="kind" checked=${kind === "photo"} onChange=${() => setKind("photo")} />${t("whole faces")}</label>
        <label class="switch"><input type="radio" name="kind" checked=${kind === "mouth"} onChange=${() => setKind("mouth")} />${t("mouths that are already cropped")}</label>
      </fieldset>
      <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//>
        <${Button} kind="primary" type="submit" disabled=${!sources.length}>${t("Add pictures")}<//></div>
    </form><//>`;
}
