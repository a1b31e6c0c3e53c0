// @ts-check
import { html } from "../vendor/preact.js";

export function Overview() {
  return html`<div class="page"></div>`;
}
