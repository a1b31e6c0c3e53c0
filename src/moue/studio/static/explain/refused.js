// @ts-check
/** Why a chosen file cannot be explained, and what to do instead. */
import { html } from "../vendor/preact.js";
import { Button, Empty, errorText } from "../components.js";
import { t } from "../i18n.js";

/** @param {{error: any, name: string, explainAsCrop: () => void}} props `error` is the answer of the server. */
export function Refused({ error, name, explainAsCrop }) {
  if (error.code === "no_face") {
    return html`<section class="panel" role="alert"><${Empty} icon="eye" title=${t("No face was found in {name}", { name })}>
      <p>${t("Choose a picture with a visible face. If this picture shows only a mouth, explain it as a mouth crop.")}</p>
      <${Button} onClick=${explainAsCrop}>${t("Explain it as a mouth crop")}<//><//></section>`;
  }
  const noPicture = error.code === "not_an_image" || error.status === 415;
  const title = noPicture ? t("{name} is not a picture.", { name }) : t("{name} cannot be read: {reason}.", { name, reason: errorText(error) });
  return html`<section class="panel" role="alert"><${Empty} icon="warning" title=${title}>
    <p>${t("Choose another picture, or drop one here.")}</p><//></section>`;
}
