// @ts-check
/** Label mouths: one by one, by confirming suggestions, or in a second blind pass. */

import { html } from "../vendor/preact.js";
import { Segments } from "../components.js";
import { t } from "../i18n.js";
import { Guide } from "../label/guide.js";
import { LabelNames } from "../label/label_names.js";
import { OneByOne } from "../label/one_by_one.js";
import { SecondPass } from "../label/second_pass.js";
import { Suggestions } from "../label/suggestions.js";
import { JobPanel } from "../overview/jobs.js";
import { go, route } from "../router.js";

export function LabelPage() {
  const mode = route.value.query.get("mode") ?? "one";
  return html`<div class="page label-page"><div class="page-title"><h1>${t("Label")}</h1><${LabelNames} />
      <${Segments} label=${t("Way of labelling")} value=${mode} onChange=${(/** @type {string} */ value) => go("label", "", value === "one" ? {} : { mode: value })}
        options=${[{ value: "one", title: t("One by one") }, { value: "suggestions", title: t("Suggestions") }, { value: "pass", title: t("Second pass") }]} /></div>
    <${JobPanel} />
    <div class="label-columns">${mode === "suggestions" ? html`<${Suggestions} />` : mode === "pass" ? html`<${SecondPass} />` : html`<${OneByOne} />`}<${Guide} /></div></div>`;
}
