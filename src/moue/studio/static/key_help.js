// @ts-check
/** The list of keys behind `?`, with the switch for single keys, and the keys of the shell. */

import { html, signal } from "./vendor/preact.js";
import { redo, undo } from "./edits.js";
import { Dialog, Keys } from "./components.js";
import { t } from "./i18n.js";
import { listed, useKeys } from "./keys.js";
import { singleKeys } from "./prefs.js";

export const showKeyHelp = signal(false);
let shown = /** @type {ReturnType<typeof listed>} */ ([]);

export function useShellKeys() {
  useKeys(t("Everywhere"), [
    { keys: ["?"], text: t("Show keyboard shortcuts"), run: () => { showKeyHelp.value = true; } },
    { keys: ["u", "Mod+z"], text: t("Undo"), run: () => undo() },
    { keys: ["Shift+U", "Mod+Shift+z"], text: t("Redo"), run: () => redo() },
  ]);
}

export function KeyHelp() {
  if (!showKeyHelp.value) {
    shown = listed(); // the groups below the dialog, not its own
    return null;
  }
  const close = () => { showKeyHelp.value = false; };
  return html`<${Dialog} title=${t("Keys")} onClose=${close} wide>
    <label class="switch"><input type="checkbox" role="switch" checked=${singleKeys.value}
      onChange=${(/** @type {any} */ event) => { singleKeys.value = event.currentTarget.checked; }} />
      <span>${t("Single keys")}</span></label>
    <p class="help">${t("When off, only keys with Ctrl, Alt or Command do something. Turn them off if you use speech input.")}</p>
    <div class="key-groups">${shown.map(({ group, bindings }) => html`<section key=${group}><h3>${group}</h3><dl>
      ${bindings.map((binding) => html`<div key=${binding.keys[0]}><dt>
        ${binding.keys.map((key) => html`<${Keys} name=${key} />`)}
        <span class="visually-hidden">${binding.keys.join(", ")}</span></dt><dd>${binding.text}</dd></div>`)}
    </dl></section>`)}</div><//>`;
}
