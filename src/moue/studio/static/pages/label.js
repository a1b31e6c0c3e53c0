// @ts-check
import { html } from "../vendor/preact.js";

export function LabelPage() {
  return html`<div class="page"></div>`;
}
