// @ts-check
/** What a person decides about pictures and mouths. */

import { html, useState } from "../vendor/preact.js";
import { post, refreshState } from "../api.js";
import { Button, Dialog, Field, announce, toast, toastError } from "../components.js";
import { decide, done, undo } from "../edits.js";
import { n, t } from "../i18n.js";

const BY_HAND = { dropped: "by_hand", reason_title: "dropped by hand" };
const IN_USE = { dropped: null, reason_title: null };

/** @param {any[]} items @param {"pictures" | "mouths"} kind */
export function drop(items, kind) {
  const open = items.filter((item) => !item.dropped);
  offerUndo(decide({ action: "drop", kind, items: open, value: "by_hand", change: () => BY_HAND }), open.length, kind);
}

/**
 * Keep one of several pictures and drop the others, as one edit.
 * @param {any[]} items pictures @param {any} kept one of them
 */
export function keepOnly(items, kept) {
  const changed = items.filter((item) => (item.name === kept.name) === Boolean(item.dropped));
  const edits = decide({ action: "keep", kind: "pictures", items: changed, kept: [kept.name], change: (item) => (item.name === kept.name ? IN_USE : BY_HAND) });
  offerUndo(edits, changed.filter((item) => item.name !== kept.name).length, "pictures");
}

/** Say how many were dropped, with a button that takes it back. @param {any[]} edits @param {number} count @param {"pictures" | "mouths"} kind */
function offerUndo(edits, count, kind) {
  if (!count) return;
  const text = kind === "mouths" ? n("Dropped {n} mouth", "Dropped {n} mouths", count) : n("Dropped {n} picture", "Dropped {n} pictures", count);
  const close = toast(text, { action: { text: t("Undo"), run: () => [...edits].reverse().forEach((one) => undo(one)) } });
  const end = done.subscribe((all) => { if (!edits.every((one) => all.includes(one))) close(); }); // undone elsewhere
  setTimeout(end, 10_000);
}

/** @param {any[]} items @param {"pictures" | "mouths"} kind */
export function restore(items, kind) {
  const dropped = items.filter((item) => item.dropped);
  decide({ action: "restore", kind, items: dropped, change: () => IN_USE });
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
  return html`<${Dialog} title=${t("Delete permanently")} onClose=${onClose}><form class="form" onSubmit=${submit}>
    <p>${n("The copies of {n} picture, its mouths, labels and decisions are deleted. This cannot be undone. Files outside the workspace stay.",
      "The copies of {n} pictures, their mouths, labels and decisions are deleted. This cannot be undone. Files outside the workspace stay.", names.length)}</p>
    <${Field} id="forget-count" label=${t("Type the number of pictures to confirm: {n}", { n: names.length })}>
      <input class="input" id="forget-count" inputmode="numeric" autocomplete="off" value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} /><//>
    <div class="form-end"><${Button} onClick=${onClose}>${t("Cancel")}<//>
      <${Button} kind="danger" icon="trash" type="submit" disabled=${busy || typed.trim() !== String(names.length)}>${t("Delete")}<//></div></form><//>`;
}
