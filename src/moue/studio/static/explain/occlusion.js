// @ts-check
/** The mouth with the map of what the network looked at. */
import { html, useSignal } from "../vendor/preact.js";
import { LabelBadge, Segments } from "../components.js";
import { HeatMap } from "../charts/heatmap.js";
import { messageText, t } from "../i18n.js";
import { useKeys } from "../keys.js";

/**
 * @param {object} props
 * @param {string} props.image @param {string} props.name
 * @param {any} props.occlusion @param {any} props.gradient Maps of the crop; undefined until they are known.
 * @param {{text: string, translations: Record<string, string>} | null} props.noGradient Reason why there is no gradient.
 * @param {() => void} props.wantGradient Called when the person asks for the gradient.
 */
export function Occlusion({ image, name, occlusion, gradient, noGradient, wantGradient }) {
  const kind = useSignal("occlusion");
  const opacity = useSignal(0.7);
  const before = useSignal(0.7);
  const toggle = () => {
    if (opacity.value) {
      before.value = opacity.value;
      opacity.value = 0;
    } else {
      opacity.value = before.value || 0.7;
    }
  };
  useKeys(t("Explain"), [{ keys: ["m"], text: t("Show or hide the map"), run: toggle }]);
  const map = kind.value === "gradient" ? gradient : occlusion;
  const choose = (/** @type {string} */ value) => {
    kind.value = value;
    if (value === "gradient") wantGradient();
  };
  const options = [{ value: "occlusion", title: t("Occlusion") }, { value: "gradient", title: t("Gradient") }];
  return html`<section class="panel explain-map" aria-label=${t("What the network looked at")}>
    <header><h2>${t("What the network looked at")}</h2></header>
    <div class="panel-body">
      <div class="map-stage"><img src=${image} alt=${name} width="384" height="384" />${map && html`<${HeatMap} map=${map} opacity=${opacity.value} />`}</div>
      <div class="map-bar"><${Segments} label=${t("Method")} value=${kind.value} options=${options} onChange=${choose} />
      <label class="map-slider"><span>${t("Map")}</span>
        <input type="range" min="0" max="1" step="0.05" value=${opacity.value} onInput=${(/** @type {any} */ event) => (opacity.value = Number(event.currentTarget.value))} /><kbd aria-hidden="true">M</kbd></label></div>
      ${map?.label && html`<p class="legend"><span class="warm"></span>${t("supports")} <${LabelBadge} name=${map.label} quiet /><span class="cold"></span>${t("contradicts it")}</p>`}
      ${kind.value === "gradient" && noGradient && html`<p class="note warning">${messageText(noGradient.text, noGradient.translations)}</p>`}
      <p class="help">${kind.value === "gradient" ? t("The map shows where a small change of the pixels changes the score of the label most.") : t("A patch hides one part after another. Warm: without the part the probability of the label falls. Cold: without it the probability rises.")}</p>
    </div>
  </section>`;
}
