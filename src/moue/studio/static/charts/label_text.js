// @ts-check
/** Text and colours of a predicted label, which is null where the model abstains. */
import { html } from "../vendor/preact.js";
import { t } from "../i18n.js";
import { labelOf } from "../labels.js";
import { Probabilities } from "../components.js";

const UNSURE = { colour: "#6b6f76", ink: "#ffffff" };

/** @param {string | null | undefined} label */
export const labelText = (label) => label ?? t("unsure");

/** @param {string | null | undefined} label @returns {{colour: string, ink: string}} */
export const labelLook = (label) => (label ? labelOf(label) : UNSURE);

/**
 * Show probabilities by label as bars, in the order of the model's labels.
 * @param {{probabilities: Record<string, number>}} props
 */
export function Shares({ probabilities }) {
  return html`<${Probabilities} probabilities=${Object.values(probabilities)} names=${Object.keys(probabilities)} />`;
}
