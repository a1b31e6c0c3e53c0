// @ts-check
/** Add folders, pictures or videos to the workspace: by path, or by dropping them on the page. */

import { html, useState } from "../vendor/preact.js";
import { post } from "../api.js";
import { Button, Dialog, Field, Progress, errorText } from "../components.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { filesOf } from "./dropped_files.js";
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
      <${Drop} kind=${kind} onDone=${onClose} />
      <${Field} id="sources" label=${t("Or folders, pictures or videos of this machine, one per line")}
        help=${t("moue reads the files where they are, and never changes them.")}>
        <textarea class="input mono" id="sources" rows="3" aria-describedby="sources-help"
          placeholder="/home/me/photos" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} /><//>
      <fieldset class="field"><legend>${t("The pictures show")}</legend>
        <label class="switch"><input type="radio" name="kind" checked=${kind === "photo"} onChange=${() => setKind("photo")} />${t("whole faces")}</label>
        <label class="switch"><input type="radio" name="kind" checked=${kind === "mouth"} onChange=${() => setKind("mouth")} />${t("mouths that are already cropped")}</label>
      </fieldset>
      <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//>
        <${Button} kind="primary" type="submit" disabled=${!sources.length}>${t("Add pictures")}<//></div>
    </form><//>`;
}

function Drop({ kind, onDone }) {
  const [over, setOver] = useState(false);
  const [sent, setSent] = useState(/** @type {{done: number, total: number} | null} */ (null));
  const [error, setError] = useState("");
  const upload = async (/** @type {{file: File, folder: string}[]} */ files) => {
    if (!files.length) return;
    setError("");
    setSent({ done: 0, total: files.length });
    try {
      const { id } = await post("uploads");
      for (const [index, { file, folder }] of files.entries()) {
        await post(`uploads/${id}/files?${new URLSearchParams({ name: file.name, folder })}`, file);
        setSent({ done: index + 1, total: files.length });
      }
      if (await run("collect", { upload: id, kind })) onDone();
    } catch (failure) {
      setError(errorText(failure));
    }
    setSent(null);
  };
  const drop = async (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) upload(await filesOf(event.dataTransfer));
  };
  const pick = (/** @type {any} */ event) => upload([...event.currentTarget.files].map((file) => (
    { file, folder: file.webkitRelativePath.split("/").slice(0, -1).pop() ?? "" })));
  return html`<div class="drop-area ${over ? "over" : ""}" onDragOver=${(/** @type {Event} */ event) => { event.preventDefault(); setOver(true); }}
      onDragLeave=${() => setOver(false)} onDrop=${drop}>
    ${sent ? html`<p>${t("{done} of {total}", sent)}</p><${Progress} value=${sent.done / sent.total} label=${t("Upload")} />` : html`
    <${Icon} name="upload" /><p>${t("Drop pictures or folders here")}</p>
    <div class="drop-buttons"><label class="button small">${t("Choose files")}<input class="visually-hidden" type="file" multiple accept="image/*,video/*" onChange=${pick} /></label>
      <label class="button small">${t("Choose a folder")}<input class="visually-hidden" type="file" webkitdirectory onChange=${pick} /></label></div>
    <p class="help">${t("They are copied into the workspace. The name of a folder can be the label of its pictures.")}</p>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}</div>`;
}

