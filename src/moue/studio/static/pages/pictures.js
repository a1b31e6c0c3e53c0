// @ts-check
/** All pictures or mouths in a grid, filtered by the address. */

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { on, state } from "../api.js";
import { Button, Dialog, Empty, Failure, IconButton, LabelDot, Segments, Select } from "../components.js";
import { Grid } from "../grid.js";
import { n, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { List } from "../list.js";
import { preference } from "../prefs.js";
import { href, route, setQuery } from "../router.js";
import { ForgetDialog, drop, label, restore } from "../pictures/actions.js";
import { cellName, mouthCell, pictureCell } from "../pictures/cells.js";
import { Filters } from "../pictures/filters.js";
import { clearFilters, filterCount, serverQuery, showsMouths, sortOptions } from "../pictures/query.js";
import { useSelection } from "../pictures/selection.js";
import { Viewer } from "../pictures/viewer.js";

const sizes = { small: 88, medium: 128, large: 200 };
const size = preference("cells", "medium");

export function Pictures() {
  const mouths = showsMouths();
  const kind = mouths ? "mouths" : "pictures";
  const query = serverQuery().toString();
  const list = useMemo(() => new List(kind, new URLSearchParams(query)), [kind, query]);
  useEffect(() => () => list.close(), [list]);
  useChanges(list);
  const [active, setActive] = useState(0);
  useEffect(() => setActive(0), [list]);
  const [forgetting, setForgetting] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const selection = useSelection(list);
  const grid = useRef(/** @type {any} */ (null));
  const opened = route.value.query.get("open");

  const chosen = () => (selection.names.size ? selection.items() : [list.peek(active)]).filter(Boolean);
  const open = async (/** @type {number} */ index) => {
    setActive(index);
    await list.ensure(index, index); // a cell can be opened before its picture is there
    const item = list.peek(index);
    if (!item || list.closed) return;
    setQuery({ open: item.name }, true);
  };
  const pick = (/** @type {number} */ index, /** @type {MouseEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.target).closest("[data-check]");
    setActive(index);
    if (event.shiftKey) selection.extend(active, index);
    else if (box || event.ctrlKey || event.metaKey || selection.names.size) selection.toggle(index);
    else open(index);
  };
  const setLabel = (/** @type {string | null} */ value) => {
    label(chosen(), value);
    if (!selection.names.size) {
      const next = Math.min(active + 1, (list.total.value ?? 1) - 1);
      setActive(next);
      grid.current?.show(next);
      grid.current?.focus();
    }
  };
  useKeys(mouths ? t("Mouths") : t("Pictures"), [
    { keys: ["x"], text: t("Drop"), run: () => drop(chosen(), kind) },
    { keys: ["r"], text: t("Restore"), run: () => restore(chosen(), kind) },
    { keys: ["s"], text: t("Select or deselect"), run: () => selection.toggle(active) },
    { keys: ["Mod+a"], text: t("Select all (up to {n})", { n: 5000 }), run: () => { selection.extend(0, (list.total.value ?? 1) - 1); } },
    { keys: ["Escape"], text: t("Clear the selection"), run: selection.clear },
    { keys: ["/"], text: t("Search"), run: () => document.getElementById("search")?.focus() },
    ...(mouths ? labels.value.filter((one) => one.key).map((one) => ({
      keys: [one.key], text: t("Label: {label}", { label: one.name }), run: () => setLabel(one.name) })) : []),
    ...(mouths ? [{ keys: ["0", "Backspace"], text: t("Clear the label"), run: () => setLabel(null) }] : []),
  ], { enabled: !opened && !forgetting });

  return html`<div class="split-page"><aside class="side" aria-label=${t("Filters")}><${Filters} /></aside>
    <section class="grid-page"><h1 class="visually-hidden">${t("Pictures")}</h1>
      <${Toolbar} mouths=${mouths} list=${list} onFilter=${() => setFiltering(true)} />
      ${selection.names.size > 0 && html`<${SelectionBar} count=${selection.names.size} mouths=${mouths} onDrop=${() => drop(chosen(), kind)}
        onRestore=${() => restore(chosen(), kind)} onForget=${() => setForgetting(true)} onClear=${selection.clear} onLabel=${setLabel} />`}
      ${list.error.value && list.total.value === null ? html`<${Failure} error=${list.error.value} retry=${() => list.ensure(0, 1)} />`
      : list.total.value === 0 ? html`<${Nothing} mouths=${mouths} />`
      : html`<${Grid} list=${list} label=${mouths ? t("Mouths") : t("Pictures")} size=${Math.min(sizes[size.value], innerWidth / 3.4)} extra=${24} active=${active}
          onActive=${setActive} onOpen=${open} onPick=${pick} onExtend=${selection.extend} selected=${selection.names} handle=${grid} name=${cellName}
          cell=${(/** @type {any} */ item, /** @type {number} */ _, /** @type {boolean} */ ready) => (mouths ? mouthCell : pictureCell)(
            item, ready, size.value === "small" ? 96 : 192, selection.names.has(item.name))} />`}
    </section>
    ${opened && html`<${Viewer} name=${opened} kind=${kind} list=${list} onActive=${setActive} onClose=${() => { setQuery({ open: null }); grid.current?.focus(); }} />`}
    ${forgetting && html`<${ForgetDialog} items=${chosen()} onClose=${() => setForgetting(false)}
      onDone=${() => { setForgetting(false); selection.clear(); list.reload(...(grid.current?.visible() ?? [0, 0])); }} />`}
    ${filtering && html`<${Dialog} title=${t("Filters")} onClose=${() => setFiltering(false)}><${Filters} /><//>`}</div>`;
}

/** Show what others changed. @param {List} list */
function useChanges(list) {
  useEffect(() => on("decisions", ({ names }) => list.refresh(names)), [list]);
}

function Toolbar({ mouths, list, onFilter }) {
  const { query } = route.value;
  const total = list.total.value;
  const count = filterCount();
  return html`<div class="toolbar">
    <${Segments} label=${t("Show")} value=${mouths ? "mouths" : "pictures"} onChange=${(/** @type {string} */ value) => setQuery({ view: value === "mouths" ? "mouths" : null, sort: null, open: null })}
      options=${[{ value: "pictures", title: t("Pictures") }, { value: "mouths", title: t("Mouths") }]} />
    <input class="input search" id="search" type="search" placeholder=${t("Name")} aria-label=${t("Search by name")} value=${query.get("text") ?? ""}
      onChange=${(/** @type {any} */ event) => setQuery({ text: event.currentTarget.value, open: null })} />
    <${Select} label=${t("Order")} value=${query.get("sort") ?? ""} options=${sortOptions(mouths)} onChange=${(/** @type {string} */ value) => setQuery({ sort: value, open: null })} />
    <span class="only-narrow"><${Button} icon="filter" onClick=${onFilter}>${count ? t("Filters ({n})", { n: count }) : t("Filters")}<//></span>
    <span class="toolbar-count figure muted" role="status">${total === null ? "" : mouths ? n("{n} mouth", "{n} mouths", total) : n("{n} picture", "{n} pictures", total)}</span>
    <span class="only-wide"><${Segments} label=${t("Size of the pictures")} value=${size.value} onChange=${(/** @type {string} */ value) => { size.value = value; }}
      options=${[{ value: "small", title: t("S") }, { value: "medium", title: t("M") }, { value: "large", title: t("L") }]} /></span></div>`;
}

function SelectionBar({ count, mouths, onDrop, onRestore, onForget, onClear, onLabel }) {
  return html`<div class="selection-bar" role="toolbar" aria-label=${t("Selection")}><b class="figure">${t("{n} selected", { n: count })}</b>
    ${mouths && labels.value.map((one) => html`<button type="button" class="button small" key=${one.name} onClick=${() => onLabel(one.name)}>
      <${LabelDot} name=${one.name} />${one.name}</button>`)}
    <${Button} small icon="drop" hint="x" onClick=${onDrop}>${t("Drop")}<//><${Button} small icon="restore" hint="r" onClick=${onRestore}>${t("Restore")}<//>
    <${Button} small kind="danger" icon="trash" onClick=${onForget}>${t("Delete permanently")}<//>
    <${IconButton} icon="close" label=${t("Clear the selection")} onClick=${onClear} /></div>`;
}

function Nothing({ mouths }) {
  if (filterCount()) {
    return html`<${Empty} icon="search" title=${t("Nothing matches these filters")}><${Button} onClick=${clearFilters}>${t("Clear all filters")}<//><//>`;
  }
  const found = state.value.counts.found;
  return html`<${Empty} icon="grid" title=${mouths && found ? t("No mouth was cropped yet") : t("This workspace has no pictures yet")}>
    <p>${mouths && found ? t("Run all steps on the overview; “Crop mouths” fills this page.") : t("Add a folder of photos on the overview.")}</p>
    <a class="button primary" href=${href("overview")}>${t("Go to the overview")}</a><//>`;
}

