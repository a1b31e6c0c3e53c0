// @ts-check
import { html } from "../vendor/preact.js";

export function Train() {
  return html`<div class="page"></div>`;
}
