// @ts-check
/** Clusters of pictures that look the same: one row each, best first. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get, job, on, state } from "../api.js";
import { Button, Empty, Failure } from "../components.js";
import { n, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { hold } from "../list.js";
import { run } from "../overview/jobs.js";
import { drop, keepOnly, restore } from "../pictures/actions.js";
import { preference } from "../prefs.js";
import { now, withDecisions } from "../recent.js";
import { go, href, route, setQuery } from "../router.js";
import { Cluster } from "../duplicates/cluster.js";

const PART = 20;
const showDifference = preference("difference", false);

export function Duplicates() {
  const offset = Number(route.value.query.get("offset") ?? 0);
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [active, setActive] = useState({ row: 0, item: 0 });
  const page = useRef(/** @type {HTMLElement | null} */ (null));
  const load = () => {
    const control = new AbortController();
    setError(null);
    const since = now();
    get("clusters", { offset, limit: PART }, control.signal).then((fresh) => setAnswer((old) => inOrder(complete(fresh, since), old)), (failure) => { if (!control.signal.aborted) setError(failure); });
    return () => control.abort();
  };
  const idle = job.value?.state !== "running";
  useEffect(load, [offset, idle]);
  useEffect(() => setActive({ row: 0, item: 0 }), [offset]);
  useEffect(() => on("decisions", ({ names }) => { if (shows(answer, names)) load(); }), [answer]);
  useEffect(() => hold({ patch: (name, fields) => setAnswer((old) => patched(old, name, fields)) }), []);

  const clusters = answer?.items ?? [];
  const row = clusters[active.row];
  const item = row?.items[active.item];
  const move = (/** @type {number} */ rows, /** @type {number} */ items) => {
    const next = Math.max(0, Math.min(clusters.length - 1, active.row + rows));
    const count = clusters[next]?.items.length ?? 1;
    setActive({ row: next, item: Math.max(0, Math.min(count - 1, rows ? 0 : active.item + items)) });
    page.current?.querySelectorAll(".cluster")[next]?.scrollIntoView({ block: "nearest" });
  };
  const keep = () => {
    if (!item) return;
    keepOnly(row.items, item);
    move(1, 0);
  };
  useKeys(t("Duplicates"), [
    { keys: ["ArrowDown", "ArrowUp"], text: t("Next or previous cluster"), run: (event) => move(event.key === "ArrowDown" ? 1 : -1, 0) },
    { keys: ["ArrowRight", "ArrowLeft"], text: t("Next or previous picture"), run: (event) => move(0, event.key === "ArrowRight" ? 1 : -1) },
    { keys: ["x"], text: t("Drop"), run: () => { if (item) drop([item], "pictures"); } },
    { keys: ["r"], text: t("Restore"), run: () => { if (item) restore([item], "pictures"); } },
    { keys: ["k"], text: t("Keep only this picture, then continue"), run: keep },
    { keys: ["a"], text: t("Keep all pictures of the cluster, then continue"), run: () => { if (row) { restore(row.items, "pictures"); move(1, 0); } } },
    { keys: ["d"], text: t("Show or hide the differences"), run: () => { showDifference.value = !showDifference.value; } },
    { keys: ["Enter", "Space"], text: t("Open"), run: () => { if (item) go("pictures", "", { dropped: "any", text: item.name, open: item.name }); } },
  ]);

  if (error && !answer) return html`<div class="page"><h1>${t("Duplicates")}</h1><${Failure} error=${error} retry=${load} /></div>`;
  return html`<div class="page" ref=${page}><div class="page-title"><h1>${t("Duplicates")}</h1>
      <label class="switch"><input type="checkbox" role="switch" checked=${showDifference.value}
        onChange=${(/** @type {any} */ event) => { showDifference.value = event.currentTarget.checked; }} />${t("Show differences")}</label>
      ${answer && answer.total > PART && html`<${Pager} offset=${offset} total=${answer.total} />`}</div>
    ${!answer ? html`<div class="clusters" aria-busy="true">${[1, 2, 3].map((one) => html`<div class="panel skeleton block" key=${one} />`)}</div>`
    : answer.total === 0 ? html`<${NoClusters} />`
    : html`<div class="clusters">${clusters.map((cluster, index) => html`<${Cluster} key=${cluster.group} cluster=${cluster} difference=${showDifference.value}
        active=${index === active.row ? active.item : null} onActive=${(/** @type {number} */ one) => setActive({ row: index, item: one })} />`)}</div>`}</div>`;
}

/** Add decisions that were made while the answer was on its way. @param {any} fresh @param {number} since */
function complete(fresh, since) {
  return { ...fresh, items: fresh.items.map((cluster) => ({ ...cluster, items: withDecisions(cluster.items, since) })) };
}

/** Keep pictures in their places while the page is open. @param {any} fresh @param {any} old */
function inOrder(fresh, old) {
  const places = new Map((old?.items ?? []).flatMap((cluster) => cluster.items.map((item, index) => [item.name, index])));
  const place = (/** @type {any} */ item) => places.get(item.name) ?? Infinity;
  return { ...fresh, items: fresh.items.map((cluster) => ({ ...cluster, items: [...cluster.items].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b))) })) };
}

/** @param {any} answer @param {string[]} names */
function shows(answer, names) {
  const known = new Set(names);
  return (answer?.items ?? []).some((cluster) => cluster.items.some((item) => known.has(item.name)));
}

/** @param {any} answer @param {string} name @param {any} fields */
function patched(answer, name, fields) {
  if (!answer || !shows(answer, [name])) return answer;
  const kept = "dropped" in fields ? { kept: fields.dropped === null } : {};
  return { ...answer, items: answer.items.map((cluster) => ({ ...cluster,
    items: cluster.items.map((item) => (item.name === name ? { ...item, ...fields, ...kept } : item)) })) };
}

function Pager({ offset, total }) {
  const goTo = (/** @type {number} */ at) => setQuery({ offset: at ? String(at) : null }, true);
  return html`<nav class="pager" aria-label=${t("Parts of the list")}><${Button} icon="left" small disabled=${offset === 0} onClick=${() => goTo(Math.max(0, offset - PART))}>${t("Previous page")}<//>
    <span class="figure muted">${t("{from} to {to} of {total}", { from: offset + 1, to: Math.min(total, offset + PART), total })}</span>
    <${Button} icon="right" small disabled=${offset + PART >= total} onClick=${() => goTo(offset + PART)}>${t("Next page")}<//></nav>`;
}

function NoClusters() {
  const running = job.value?.state === "running";
  if (!state.value.counts.with_face) {
    return html`<${Empty} icon="grid" title=${t("There is nothing to compare yet")}><p>${t("Run all steps on the overview first.")}</p>
      <a class="button primary" href=${href("overview")}>${t("Go to the overview")}</a><//>`;
  }
  return html`<${Empty} icon="check" title=${t("No duplicates were found")}>
    <p>${n("{n} picture was compared.", "{n} pictures were compared.", state.value.counts.with_face)}</p>
    <${Button} disabled=${running} onClick=${() => run("dedupe")}>${t("Find duplicates")}<//><//>`;
}
