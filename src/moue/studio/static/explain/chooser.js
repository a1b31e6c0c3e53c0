// @ts-check
/** Choose the mouth to explain: one of the most doubtful ones, or a dropped picture. */
import { html, useEffect, useMemo, useRef } from "../vendor/preact.js";
import { Button, Empty, Failure, LabelBadge } from "../components.js";
import { t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { List } from "../list.js";
import { href } from "../router.js";
import { thumbnail } from "../results/mouths.js";

const SHOWN = 48;

/** @param {{take: (file: File) => void}} props */
export function Chooser({ take }) {
  const list = useMemo(() => new List("mouths", new URLSearchParams({ sort: "-uncertainty", dropped: "no" })), []);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    list.ensure(0, SHOWN - 1);
    return () => list.close();
  }, [list]);
  const open = () => input.current?.click();
  useKeys(t("Explain"), [{ keys: ["o"], text: t("Choose a picture"), run: open }]);
  const total = list.total.value;
  return html`<section class="panel" aria-label=${t("Choose a mouth")}>
    <header><h2>${t("Choose a mouth")}</h2>
      <${Button} icon="upload" hint="o" onClick=${open}>${t("Choose a picture")}<//>
      <input ref=${input} type="file" hidden accept="image/*,.heic,.heif" onChange=${(/** @type {any} */ event) => { if (event.currentTarget.files[0]) take(event.currentTarget.files[0]); event.currentTarget.value = ""; }} /></header>
    <p class="panel-note muted">${t("The mouths that the model is least sure of come first. You can also drop or paste a picture.")}</p>
    ${list.error.value && html`<${Failure} error=${list.error.value} retry=${() => list.ensure(0, SHOWN - 1)} />`}
    ${total === 0 && html`<${Empty} icon="grid" title=${t("No mouth yet")}><p>${t("Collect pictures and start the steps on the page Overview, or drop a picture here.")}</p><a class="button" href=${href("overview")}>${t("Overview")}</a><//>`}
    <ul class="tiles">${Array.from({ length: Math.min(total ?? SHOWN, SHOWN) }, (_, index) => html`<${Choice} key=${index} place=${list.place(index)} />`)}</ul>
  </section>`;
}

/** @param {{place: {value: any}}} props */
function Choice({ place }) {
  const item = place.value;
  if (!item) return html`<li class="tile" aria-hidden="true"><span class="skeleton picture"></span></li>`;
  return html`<li class="tile"><a class="tile-button" href=${href("explain", item.name)} aria-label=${`${item.name}: ${item.label ?? t("no label")}`}>
    <img src=${thumbnail(item)} alt="" width="96" height="96" loading="lazy" decoding="async" />
    <span class="tile-line"><${LabelBadge} name=${item.label} /></span>
  </a></li>`;
}
