// @ts-check
import { html } from "../vendor/preact.js";

export function Pictures() {
  return html`<div class="page"></div>`;
}
