// @ts-check
/**
 * A virtual grid: rows that are in view, and two above and below, exist in the document. Rows and
 * pictures that are only passed by are not loaded.
 */

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import { t } from "./i18n.js";
import { heightOf, offsetAfter, scrollTopFor } from "./grid_scroll.js";
import { useKeys } from "./keys.js";

const OVERSCAN = 2;
const LATER = 400; // milliseconds until the pictures above and below are loaded too
const QUIET = 60; // milliseconds without scrolling until what is in view is loaded

/** @typedef {import("./list.js").List} List */

/**
 * @param {object} props
 * @param {List} props.list
 * @param {string} props.label name of the grid for screen readers
 * @param {number} props.size smallest width of a cell, in pixels
 * @param {number} [props.extra] height of a cell beyond its width
 * @param {number} props.active index of the active cell
 * @param {(index: number, event?: Event) => void} props.onActive
 * @param {(index: number) => void} props.onOpen
 * @param {(index: number, event: MouseEvent) => void} [props.onPick] a click on a cell
 * @param {(item: any, index: number, ready: boolean) => any} props.cell content of a cell
 * @param {(item: any) => string} props.name name of a cell for screen readers
 * @param {Set<string>} [props.selected] names
 * @param {(from: number, to: number) => void} [props.onExtend] Shift and an arrow key
 * @param {{current: any}} [props.handle] receives {focus(), show(index), columns, visible()}
 */
export function Grid({ list, label, size, extra = 0, active, onActive, onOpen, onPick, cell, name, selected, onExtend, handle }) {
  const scroller = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [box, setBox] = useState({ width: 0, height: 0 });
  const position = useRef({ offset: 0, scrollTop: 0 });
  const [, draw] = useState(0);
  const loadable = useRef({ first: 0, last: -1 });
  const quiet = useRef(0);
  const later = useRef(0);

  const columns = Math.max(1, Math.floor(box.width / size));
  const width = box.width / columns;
  const rowHeight = Math.round(width + extra);
  const screen = Math.ceil(box.height / (rowHeight || 1)) * columns;
  const total = list.total.value ?? screen; // empty cells until the first answer
  const rows = Math.ceil(total / columns);
  const content = rows * rowHeight;
  const offset = Math.max(0, Math.min(position.current.offset, content - box.height));
  const firstSeen = Math.floor(offset / rowHeight) || 0;
  const lastSeen = Math.min(rows - 1, Math.floor((offset + box.height - 1) / rowHeight));

  const settle = () => {
    loadable.current = { first: firstSeen, last: lastSeen };
    clearTimeout(later.current);
    later.current = setTimeout(() => { // pictures out of view wait until those in view had their turn
      loadable.current = { first: firstSeen - OVERSCAN, last: lastSeen + OVERSCAN };
      draw((count) => count + 1);
    }, LATER);
    list.ensure(Math.max(0, firstSeen - OVERSCAN) * columns, Math.max(0, Math.min(total || 1, (lastSeen + OVERSCAN + 1) * columns) - 1));
    draw((count) => count + 1);
  };
  const settleNow = useRef(settle);
  settleNow.current = settle;

  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (scroller.current);
    const watch = new ResizeObserver(() => {
      setBox({ width: element.clientWidth, height: element.clientHeight });
    });
    watch.observe(element);
    setBox({ width: element.clientWidth, height: element.clientHeight });
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    position.current = { offset: 0, scrollTop: 0 };
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [list]);
  useEffect(() => { if (box.width) settleNow.current(); }, [list, columns, box.height, total]);

  const moveTo = (/** @type {number} */ target) => {
    const bound = Math.max(0, Math.min(content - box.height, target));
    const scrollTop = Math.round(scrollTopFor(bound, content, box.height));
    position.current = { offset: content === heightOf(content) ? scrollTop : bound, scrollTop };
    if (scroller.current) scroller.current.scrollTop = scrollTop;
  };
  const onScroll = () => {
    const scrollTop = /** @type {HTMLDivElement} */ (scroller.current).scrollTop;
    if (Math.abs(scrollTop - position.current.scrollTop) >= 1) {
      position.current = { offset: offsetAfter(position.current, scrollTop, content, box.height), scrollTop };
    }
    draw((count) => count + 1);
    clearTimeout(quiet.current);
    clearTimeout(later.current);
    quiet.current = setTimeout(() => {
      if (content > heightOf(content)) moveTo(position.current.offset); // the bar follows small movements
      settleNow.current();
    }, QUIET);
  };
  useEffect(() => () => { clearTimeout(quiet.current); clearTimeout(later.current); }, []);

  const show = (/** @type {number} */ index) => {
    const top = Math.floor(index / columns) * rowHeight;
    const at = position.current.offset;
    if (top < at) moveTo(top);
    else if (top + rowHeight > at + box.height) moveTo(top + rowHeight - box.height);
    draw((count) => count + 1);
  };
  const focus = () => {
    requestAnimationFrame(() => {
      const element = /** @type {HTMLElement | null} */ (scroller.current?.querySelector('[tabindex="0"]'));
      element?.focus({ preventScroll: true });
    });
  };
  if (handle) handle.current = { focus, show, columns, visible: () => [firstSeen * columns, Math.min(total, (lastSeen + 1) * columns) - 1] };

  const step = (/** @type {number} */ by, /** @type {KeyboardEvent} */ event) => {
    const next = Math.max(0, Math.min(total - 1, active + by));
    if (event.shiftKey) onExtend?.(active, next);
    onActive(next, event);
    show(next);
    focus();
  };
  const page = Math.max(1, Math.floor(box.height / rowHeight)) * columns;
  const inside = () => scroller.current?.contains(document.activeElement) || document.activeElement === document.body;
  const bind = (/** @type {string} */ key, /** @type {number} */ by) => ({
    keys: [key, `Shift+${key}`], run: (/** @type {KeyboardEvent} */ event) => { if (inside()) step(by, event); },
  });
  useKeys(t("Grid"), [
    { ...bind("ArrowLeft", -1), keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], text: t("Move"), run: (event) => {
      if (!inside()) return;
      step({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key] ?? 0, event);
    } },
    { keys: ["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"], text: onExtend && t("Select several"), run: (event) => {
      step({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key] ?? 0, event);
    } },
    { ...bind("PageDown", page), text: t("A page down") }, { ...bind("PageUp", -page), text: t("A page up") },
    { ...bind("Home", -Infinity), text: t("To the start") }, { ...bind("End", Infinity), text: t("To the end") },
    { keys: ["Enter", "Space"], text: t("Open"), run: () => { if (inside() && total) onOpen(active); } },
  ]);

  const shown = useMemo(() => {
    const all = [];
    for (let row = Math.max(0, firstSeen - OVERSCAN); row <= Math.min(rows - 1, lastSeen + OVERSCAN); row++) all.push(row);
    const own = Math.floor(active / columns);
    if (total && own < rows && !all.includes(own)) all.push(own); // keeps the focus while it is out of view
    return all;
  }, [firstSeen, lastSeen, rows, active, columns, total]);

  return html`<div class="grid" ref=${scroller} onScroll=${onScroll} role="grid" aria-label=${label}
    aria-rowcount=${rows} aria-colcount=${columns} aria-multiselectable=${selected ? "true" : undefined} aria-busy=${String(list.total.value === null)}>
    <div class="grid-content" role="presentation" style=${{ height: `${heightOf(content)}px` }}>
      ${box.width > 0 && shown.map((row) => html`<${Row} key=${row} row=${row} list=${list} columns=${columns} width=${width}
        height=${rowHeight} top=${row * rowHeight - offset + (content > heightOf(content) ? position.current.scrollTop : offset)}
        total=${total} active=${active} ready=${row >= loadable.current.first && row <= loadable.current.last}
        cell=${cell} name=${name} selected=${selected} onOpen=${onOpen} onPick=${onPick ?? onActive} />`)}
    </div></div>`;
}

function Row({ row, list, columns, width, height, top, total, active, ready, cell, name, selected, onOpen, onPick }) {
  const wasReady = useRef(false);
  wasReady.current ||= ready;
  const cells = [];
  for (let column = 0; column < columns && row * columns + column < total; column++) {
    const index = row * columns + column;
    cells.push(html`<${Cell} key=${column} index=${index} column=${column} list=${list} width=${width} active=${index === active}
      ready=${wasReady.current} cell=${cell} name=${name} selected=${selected} onOpen=${onOpen} onPick=${onPick} />`);
  }
  return html`<div class="grid-row" role="row" aria-rowindex=${row + 1}
    style=${{ transform: `translateY(${top}px)`, height: `${height}px` }}>${cells}</div>`;
}

function Cell({ index, column, list, width, active, ready, cell, name, selected, onOpen, onPick }) {
  const item = list.place(index).value;
  const chosen = item && selected?.has(item.name);
  return html`<div class="grid-cell ${active ? "active" : ""} ${chosen ? "selected" : ""}" role="gridcell" aria-colindex=${column + 1}
    tabindex=${active ? 0 : -1} aria-selected=${selected ? String(Boolean(chosen)) : undefined}
    aria-label=${item ? name(item) : t("Loading")} data-index=${index} style=${{ width: `${width}px` }}
    onClick=${(/** @type {MouseEvent} */ event) => onPick(index, event)} onDblClick=${() => onOpen(index)}>
    ${item ? cell(item, index, ready) : html`<span class="thumb skeleton" />`}</div>`;
}
