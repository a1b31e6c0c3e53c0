// @ts-check
import { html } from "../vendor/preact.js";

export function Results() {
  return html`<div class="page"></div>`;
}
