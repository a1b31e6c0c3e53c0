// @ts-check
/** The mouths of a part of the results. A key relabels the selected mouth, and the next one is selected. */
import { html, useEffect, useMemo, useRef, useSignal } from "../vendor/preact.js";
import { announce, Button, Empty, Failure, LabelBadge } from "../components.js";
import { decide } from "../edits.js";
import { n, percent, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { drop, restore } from "../pictures/actions.js";
import { List } from "../list.js";
import { go } from "../router.js";

/** Mouths that are shown before "Show more". */
const FIRST = 60;

/**
 * @param {{path: string, query: Record<string, string>, choices: any, note?: string, empty: string, advice?: string}} props
 *   `choices` is shown in the head and chooses the part; `empty` is the title without mouths, `advice` what to do then.
 */
export function Mouths({ path, query, choices, note, empty, advice }) {
  const key = `${path}?${new URLSearchParams(query)}`;
  const list = useMemo(() => new List(path, new URLSearchParams(query)), [key]);
  const shown = useSignal(FIRST);
  const at = useSignal(0);
  const grid = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    shown.value = FIRST;
    at.value = 0;
    return () => list.close();
  }, [list]);
  useEffect(() => {
    list.ensure(0, shown.value - 1);
  }, [list, shown.value]);

  const total = list.total.value;
  const count = Math.min(total ?? 0, shown.value);
  const item = () => list.peek(at.value);
  const focus = (/** @type {number} */ index) => {
    at.value = Math.min(Math.max(index, 0), Math.max(0, count - 1));
    const tile = grid.current?.querySelectorAll("[data-tile]")[at.value];
    if (tile instanceof HTMLElement) tile.focus();
  };
  const columns = () => {
    const tiles = /** @type {HTMLElement[]} */ ([...(grid.current?.querySelectorAll("[data-tile]") ?? [])]);
    const first = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
    return first < 0 ? tiles.length || 1 : first;
  };
  const relabel = (/** @type {string | null} */ label) => {
    const one = item();
    if (!one) return;
    decide({ action: "label", kind: "mouths", items: [one], value: label, title: label ?? t("no label"), change: (before) => ({ label, label_by: "user", was: before.was ?? before.label }) });
    announce(t("{label}, {n} of {total}", { label: label ?? t("no label"), n: at.value + 1, total: total ?? 0 }));
    focus(at.value + 1);
  };
  const act = (/** @type {(item: any) => void} */ change) => {
    const one = item();
    if (!one) return;
    change(one);
    focus(at.value + 1);
  };

  useKeys(t("Mouths"), [
    ...labels.value.filter((label) => label.key).map((label) => ({ keys: [label.key], text: label.name, run: () => relabel(label.name) })),
    { keys: ["0", "Backspace"], text: t("Clear the label"), run: () => relabel(null) },
    { keys: ["c"], text: t("Confirm the label"), run: () => act((one) => decide({ action: "confirm", kind: "mouths", items: [one], change: () => ({ label_by: "user", confirmed: true }) })) },
    { keys: ["x"], text: t("Drop"), run: () => act((one) => drop([one], "mouths")) },
    { keys: ["r"], text: t("Restore"), run: () => act((one) => restore([one], "mouths")) },
    { keys: ["ArrowLeft"], text: t("Previous mouth"), run: () => focus(at.value - 1) },
    { keys: ["ArrowRight"], text: t("Next mouth"), run: () => focus(at.value + 1) },
    { keys: ["ArrowUp"], run: () => focus(at.value - columns()) },
    { keys: ["ArrowDown"], run: () => focus(at.value + columns()) },
    { keys: ["e", "Enter"], text: t("Explain the prediction"), run: () => item() && go("explain", item().name) },
  ]);

  return html`<section class="panel mouths" aria-label=${t("Mouths")}>
    <header><h2 class="visually-hidden">${t("Mouths")}</h2>${choices}${total !== null && html`<span class="muted figure">${n("{n} mouth", "{n} mouths", total)}</span>`}</header>
    ${note && html`<p class="panel-note muted">${note}</p>`}
    <${KeyHint} />
    ${list.error.value && html`<${Failure} error=${list.error.value} retry=${() => list.ensure(0, shown.value - 1)} />`}
    ${total === 0 && html`<${Empty} icon="check" title=${empty}>${advice && html`<p>${advice}</p>`}<//>`}
    <ul class="tiles" ref=${grid}>
      ${total === null && !list.error.value ? Array.from({ length: 12 }, (_, index) => html`<li key=${index} class="tile" aria-hidden="true"><span class="skeleton picture"></span></li>`) : ""}
      ${Array.from({ length: count }, (_, index) => html`<${Tile} key=${index} place=${list.place(index)} chosen=${index === at.value} choose=${() => (at.value = index)} />`)}
    </ul>
    ${(total ?? 0) > count && html`<p class="panel-note"><${Button} onClick=${() => (shown.value += FIRST)}>${t("Show {n} more", { n: Math.min(FIRST, (total ?? 0) - count) })}<//></p>`}
  </section>`;
}

function KeyHint() {
  return html`<p class="key-hint" aria-hidden="true">${labels.value.filter((label) => label.key).map((label) => html`<span key=${label.name}><kbd>${label.key}</kbd> <${LabelBadge} name=${label.name} quiet /></span>`)}
    <span><kbd>C</kbd> ${t("confirm")}</span><span><kbd>X</kbd> ${t("drop")}</span><span><kbd>U</kbd> ${t("undo")}</span><span><kbd>E</kbd> ${t("explain")}</span></p>`;
}

/** @param {{place: {value: any}, chosen: boolean, choose: () => void}} props */
function Tile({ place, chosen, choose }) {
  const item = place.value;
  if (!item) return html`<li class="tile" data-tile tabindex="-1"><span class="skeleton picture"></span></li>`;
  const share = topShare(item);
  const marks = [item.dropped ? "dropped" : "", item.was && item.was !== item.label ? "changed" : "", item.confirmed ? "confirmed" : ""].join(" ");
  const text = t("{label}, predicted {predicted} {share}", { label: item.label ?? t("no label"), predicted: item.predicted ?? "–", share: percent(share) });
  return html`<li class="tile ${marks}"><button type="button" data-tile class="tile-button" aria-pressed=${String(chosen)} tabindex=${chosen ? 0 : -1} aria-label="${item.name}: ${text}" onFocus=${choose} onClick=${choose}>
    <img src=${thumbnail(item)} alt="" width="96" height="96" loading="lazy" decoding="async" />
    <span class="tile-line"><span class="tile-key">${t("label")}</span><${LabelBadge} name=${item.label} /></span>
    <span class="tile-line"><span class="tile-key">${t("model")}</span><${LabelBadge} name=${item.predicted ?? null} quiet /><span class="figure">${percent(share)}</span></span>
    ${item.likely_error && html`<span class="tile-flag">${t("likely label error")}</span>`}
  </button></li>`;
}

/**
 * Return the address of the picture of a mouth.
 * @param {string} name
 * @param {96 | 192} [side] Side of the picture in pixels.
 */
export const mouthPicture = (name, side = 96) => `api/v1/thumbnails/mouths/${encodeURIComponent(name)}.webp?side=${side}`;

/** @param {any} item */
export function thumbnail(item) {
  return item.thumbnail ? `${item.thumbnail}${item.thumbnail.includes("?") ? "&" : "?"}side=192` : mouthPicture(item.name, 192);
}

/** The probability of the predicted label. @param {any} item */
function topShare(item) {
  if (typeof item.probability === "number") return item.probability;
  const values = Array.isArray(item.probabilities) ? item.probabilities : Object.values(item.probabilities ?? {});
  return values.length ? Math.max(...values) : null;
}

