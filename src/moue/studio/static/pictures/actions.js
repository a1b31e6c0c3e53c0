// @ts-check
/** What a person decides about pictures and mouths. */

import { html, useState } from "../vendor/preact.js";
import { post, refreshState } from "../api.js";
import { Button, Dialog, Field, announce, toast, toastError } from "../components.js";
import { decide } from "../edits.js";
import { n, t } from "../i18n.js";

/** @param {any[]} items @param {"pictures" | "mouths"} kind */
export function drop(items, kind) {
  const open = items.filter((item) => !item.dropped);
  decide({ action: "drop", kind, items: open, value: "by_hand", change: () => ({ dropped: "by_hand", reason_title: "the user dropped the picture or mouth" }) });
  announce(n("Dropped {n}", "Dropped {n}", open.length));
}

/** @param {any[]} items @param {"pictures" | "mouths"} kind */
export function restore(items, kind) {
  const dropped = items.filter((item) => item.dropped);
  decide({ action: "restore", kind, items: dropped, change: () => ({ dropped: null, reason_title: null }) });
  announce(n("Restored {n}", "Restored {n}", dropped.length));
}

/** @param {any[]} items mouths @param {string | null} value */
export function label(items, value) {
  decide({ action: "label", kind: "mouths", items, value, change: () => ({ label: value, label_by: value ? "user" : null }) });
}

/** @param {{items: any[], onDone: () => void, onClose: () => void}} props */
export function ForgetDialog({ items, onDone, onClose }) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const names = [...new Set(items.map((item) => item.sample ?? item.name))];
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await post("forget", { op_id: crypto.randomUUID(), names, confirm: names.length });
      toast(n("{n} picture was deleted", "{n} pictures were deleted", names.length));
      refreshState().catch(() => {});
      onDone();
    } catch (error) {
      toastError(error);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t("Delete for good")} onClose=${onClose}><form class="form" onSubmit=${submit}>
    <p>${n("The copies of {n} picture, its mouths, labels and decisions are deleted. This cannot be undone. Files outside the workspace stay.",
      "The copies of {n} pictures, their mouths, labels and decisions are deleted. This cannot be undone. Files outside the workspace stay.", names.length)}</p>
    <${Field} id="forget-count" label=${t("Type the number of pictures to confirm: {n}", { n: names.length })}>
      <input class="input" id="forget-count" inputmode="numeric" autocomplete="off" value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} /><//>
    <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//>
      <${Button} kind="danger" icon="trash" type="submit" disabled=${busy || typed.trim() !== String(names.length)}>${t("Delete")}<//></div></form><//>`;
}
