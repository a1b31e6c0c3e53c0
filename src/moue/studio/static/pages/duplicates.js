// @ts-check
import { html } from "../vendor/preact.js";

export function Duplicates() {
  return html`<div class="page"></div>`;
}
