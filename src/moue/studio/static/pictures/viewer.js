// @ts-check
/** One picture or mouth, large: its faces, measurements, history and origin. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get, on } from "../api.js";
import { Button, Failure, IconButton, LabelBadge, LabelDot, Probabilities, Skeleton } from "../components.js";
import { useKeys } from "../keys.js";
import { number, t, translate, when } from "../i18n.js";
import { labels } from "../labels.js";
import { deciderName, fieldName, measureName, splitName } from "../names.js";
import { preference } from "../prefs.js";
import { reasonText } from "../reasons.js";
import { href, setQuery } from "../router.js";
import { drop, label, restore } from "./actions.js";
import { Overlay } from "./overlay.js";

const marks = preference("marks", true);

/** @param {{name: string, kind: "pictures" | "mouths", list: any, onActive: (index: number) => void, onClose: () => void}} props */
export function Viewer({ name, kind, list, onActive, onClose }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = /** @type {HTMLDialogElement} */ (element.current);
    dialog.showModal();
    dialog.focus(); // not its first button
    return () => dialog.close();
  }, []);
  const { data, error, load } = useDetails(name, kind);
  const index = list.indexOf(name);
  const item = (index === undefined ? null : list.place(index).value) ?? data;
  const step = async (/** @type {number} */ by) => {
    if (index === undefined) return;
    const next = Math.max(0, Math.min((list.total.value ?? 1) - 1, index + by));
    await list.ensure(next, next);
    const found = list.peek(next);
    if (!found || next === index) return;
    onActive(next);
    setQuery({ open: found.name });
  };
  const setLabel = (/** @type {string | null} */ value) => { label([item], value); step(1); };
  useKeys(t("Large view"), [
    { keys: ["ArrowRight"], text: t("Next"), run: () => { step(1); } },
    { keys: ["ArrowLeft"], text: t("Previous"), run: () => { step(-1); } },
    { keys: ["Escape", "Space"], text: t("Close"), run: onClose },
    { keys: ["x"], text: t("Drop"), run: () => drop([item], kind) },
    { keys: ["r"], text: t("Restore"), run: () => restore([item], kind) },
    { keys: ["b"], text: t("Show or hide boxes and landmarks"), run: () => { marks.value = !marks.value; } },
    { keys: ["f"], text: t("Full screen"), run: () => toggleFullscreen(element.current) },
    ...(kind === "mouths" ? labels.value.filter((one) => one.key).map((one) => ({ keys: [one.key], text: t("Label: {label}", { label: one.name }), run: () => setLabel(one.name) })) : []),
    ...(kind === "mouths" ? [{ keys: ["0", "Backspace"], text: t("Clear the label"), run: () => setLabel(null) }] : []),
  ], { modal: false });
  const picture = kind === "pictures" ? data : data?.picture;
  return html`<dialog ref=${element} class="viewer" tabindex="-1" aria-label=${name} onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); onClose(); }}>
    <header><h2 class="mono">${name}</h2>
      <${IconButton} icon="left" label=${t("Previous")} disabled=${!index} onClick=${() => step(-1)} />
      <${IconButton} icon="right" label=${t("Next")} disabled=${index === undefined || index + 1 >= (list.total.value ?? 0)} onClick=${() => step(1)} />
      <${IconButton} icon="eye" label=${t("Show or hide boxes and landmarks")} pressed=${marks.value} onClick=${() => { marks.value = !marks.value; }} />
      <${IconButton} icon="close" label=${t("Close")} onClick=${onClose} /></header>
    ${error ? html`<${Failure} error=${error} retry=${load} />` : html`
    <div class="viewer-stage">${kind === "pictures"
      ? html`<${Overlay} picture=${data} name=${name} marks=${marks.value} />`
      : html`<img class="mouth-large" src="api/v1/mouths/${encodeURIComponent(name)}/image" alt=${t("Mouth crop")} width="384" height="384" />`}</div>
    <div class="viewer-facts" tabindex="0" role="region" aria-label=${t("Details")}>
      ${item && html`<${State} item=${item} kind=${kind} onLabel=${setLabel} />`}
      ${data ? html`<${Facts} data=${data} kind=${kind} picture=${picture} /><${History} rows=${data.history ?? []} /><${Origins} rows=${data.origins ?? []} />`
      : html`<${Skeleton} lines=${8} />`}</div>`}</dialog>`;
}

/** @param {string} name @param {string} kind */
function useDetails(name, kind) {
  const [data, setData] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const load = () => {
    const control = new AbortController();
    setError(null);
    get(`${kind}/${encodeURIComponent(name)}`, null, control.signal).then(setData, (failure) => { if (!control.signal.aborted) setError(failure); });
    return () => control.abort();
  };
  useEffect(load, [name, kind]);
  useEffect(() => on("decisions", ({ names }) => { if (names.includes(name)) load(); }), [name, kind]);
  return { data: data?.name === name ? data : null, error, load };
}

function State({ item, kind, onLabel }) {
  return html`<section>${kind === "mouths" && html`<div class="label-buttons">${labels.value.map((one) => html`<button type="button" class="button" key=${one.name}
      aria-pressed=${String(item.label === one.name)} onClick=${() => onLabel(one.name)}><${LabelDot} name=${one.name} />${one.name}</button>`)}</div>`}
    ${item.dropped ? html`<p class="drop-note"><span>${t("Dropped: {reason}", { reason: translate(item.reason_title) || item.dropped })}</span>${item.detail ? html`<span class="muted">${reasonText(item.detail)}</span>` : ""}</p>
      <${Button} icon="restore" hint="r" onClick=${() => restore([item], kind)}>${t("Restore")}<//>`
    : html`<${Button} icon="drop" hint="x" onClick=${() => drop([item], kind)}>${t("Drop")}<//>`}</section>`;
}

function Facts({ data, kind, picture }) {
  const scores = Object.entries(data.scores ?? data.measures ?? {});
  return html`<section>
    ${data.probabilities && html`<h3>${t("The model")}</h3><${Probabilities} probabilities=${data.probabilities} names=${labels.value.map((one) => one.name)} />`}
    <dl class="facts">
      ${kind === "mouths" && html`<dt>${t("Picture")}</dt><dd><a class="mono" href=${href("pictures", "", { dropped: "any", text: data.sample, open: data.sample })}>${data.sample}</a></dd>
        <dt>${t("Mouth label")}</dt><dd><${LabelBadge} name=${data.label} /> ${data.label_by && html`<span class="muted">${deciderName(data.label_by)}</span>`}</dd>
        <dt>${t("Split")}</dt><dd>${splitName(data.split)}</dd><dt>${t("Width")}</dt><dd class="figure">${number(data.width)} px</dd>
        <dt>${t("Why")}</dt><dd><a href=${href("explain", data.name)}>${t("Explain the prediction")}</a></dd>`}
      ${kind === "pictures" && html`<dt>${t("Size")}</dt><dd class="figure">${data.width ?? "?"} × ${data.height ?? "?"} px${data.format ? ` · ${data.format}` : ""}</dd>
        <dt>${t("Faces")}</dt><dd>${number(data.faces?.length ?? data.faces ?? 0)}</dd>
        ${data.group && html`<dt>${t("Group")}</dt><dd><a class="mono" href=${href("pictures", "", { dropped: "any", group: data.group })}>${data.group}</a></dd>`}
        ${data.subject && html`<dt>${t("Subject")}</dt><dd>${data.subject}</dd>`}`}
      ${picture?.source && html`<dt>${t("Source")}</dt><dd class="mono wrap">${picture.source}</dd>`}
      ${picture?.licence && html`<dt>${t("Licence")}</dt><dd>${picture.licence}</dd>`}
      ${scores.map(([name, value]) => html`<dt key=${name}>${measureName(name)}</dt><dd class="figure">${typeof value === "number" ? number(value, { maximumSignificantDigits: 4 }) : String(value)}</dd>`)}
      ${Object.entries(data.tags ?? {}).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
    ${kind === "pictures" && data.mouths?.length > 0 && html`<h3>${t("Mouths")}</h3><ul class="thumbs">${data.mouths.map((mouth) => html`<li key=${mouth.name}>
      <a href=${href("pictures", "", { view: "mouths", text: mouth.name, open: mouth.name })}><span class="thumb"><img src=${mouth.thumbnail} alt=${mouth.label ?? t("no label")} /></span></a></li>`)}</ul>`}</section>`;
}

function History({ rows }) {
  if (!rows.length) return null;
  return html`<section><h3>${t("History")}</h3><ol class="history">${rows.map((row, index) => html`<li key=${index}>
    <span><b>${fieldName(row.field)}</b> <s class="muted">${valueText(row, row.old, row.old_title)}</s> → ${valueText(row, row.value, row.value_title)}</span>
    <span class="muted small-text">${deciderName(row.by)} · ${when(row.at)}${row.why ? ` · ${reasonText(row.why)}` : ""}</span></li>`)}</ol></section>`;
}

/** @param {any} row @param {string | null} value @param {string | null} title */
const valueText = (row, value, title) => translate(title) || (row.field === "split" ? splitName(value) : (value ?? "–"));

function Origins({ rows }) {
  if (!rows.length) return null;
  return html`<section><h3>${t("Origin")}</h3>${rows.map((row, index) => html`<dl class="facts" key=${index}>
    <dt>${t("Search engine")}</dt><dd>${row.engine}${row.query ? ` · ${row.query}` : ""}</dd>
    ${row.title && html`<dt>${t("Title")}</dt><dd>${row.title}</dd>`}${row.author && html`<dt>${t("Author")}</dt><dd>${row.author}</dd>`}
    ${row.licence && html`<dt>${t("Licence")}</dt><dd>${row.licence}</dd>`}
    <dt>${t("Address")}</dt><dd class="wrap">${row.page || row.url}</dd><dt>${t("Collected")}</dt><dd>${when(row.at)}</dd></dl>`)}</section>`;
}

/** @param {HTMLElement | null} element */
function toggleFullscreen(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else element?.requestFullscreen?.().catch(() => {});
}
