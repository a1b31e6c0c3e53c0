// @ts-check
import { html } from "../vendor/preact.js";

export function Try() {
  return html`<div class="page"></div>`;
}
