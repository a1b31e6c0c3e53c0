// @ts-check
import { html } from "../vendor/preact.js";

export function Explain() {
  return html`<div class="page"></div>`;
}
