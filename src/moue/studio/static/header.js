// @ts-check
/** The bar above every page: name, tabs, the running job, unsent labels, language and theme. */

import { html } from "./vendor/preact.js";
import { job, state } from "./api.js";
import { Icon } from "./icons.js";
import { IconButton, Progress, toastError } from "./components.js";
import { duration, language, n, number, setLanguage, t } from "./i18n.js";
import { canRedo, canUndo, redo, undo, unsent } from "./edits.js";
import { showKeyHelp } from "./key_help.js";
import { commandTitle } from "./names.js";
import { theme } from "./prefs.js";
import { href } from "./router.js";

/** @param {{children: any}} props */
export function Header({ children }) {
  return html`<header class="bar">
    <a class="brand" href=${href("overview")} title=${state.value?.workspace.root ?? ""}>
      <img src="static/favicon.svg" alt="" width="24" height="24" /><span class="brand-name">moue</span>
      <span class="brand-workspace">${state.value?.workspace.name ?? ""}</span></a>
    ${children}
    <div class="bar-end"><${QueueChip} /><${JobChip} /><${UndoButtons} /><${LanguageButton} /><${ThemeButton} />
      <span class="only-keyboard"><${IconButton} icon="keyboard" label=${t("Keys")} onClick=${() => { showKeyHelp.value = true; }} /></span></div>
  </header>`;
}

/** @param {{pages: any[], current: string}} props */
export function Tabs({ pages, current }) {
  return html`<nav class="tabs" aria-label=${t("Pages")}><ul>${pages.map((page) => {
    const count = state.value && page.count ? page.count(state.value) : null;
    return html`<li key=${page.id}><a href=${href(page.id)} aria-current=${page.id === current ? "page" : undefined}
      ref=${page.id === current ? intoView : undefined}>${page.title()}
      ${count ? html`<span class="count" title=${page.countTitle?.(count, state.value)}>${number(count)}</span>` : null}</a></li>`;
  })}<li><a href=${`learn/?lang=${language.value}`}>${t("Learn")}</a></li></ul></nav>`;
}

/** @param {HTMLElement | null} element */
function intoView(element) {
  const list = element?.closest("ul");
  if (!element || !list || list.scrollWidth <= list.clientWidth) return;
  list.scrollLeft = element.offsetLeft - (list.clientWidth - element.offsetWidth) / 2;
}

function QueueChip() {
  const queued = state.value?.queued ?? 0;
  const here = unsent.value;
  if (!queued && here < 3) return null;
  const text = queued
    ? n("{n} label waits until the other work is done", "{n} labels wait until the other work is done", queued)
    : n("{n} label not sent yet", "{n} labels not sent yet", here);
  return html`<span class="chip waiting" role="status" title=${text}><${Icon} name="warning" />
    <span class="chip-text">${text}</span></span>`;
}

function JobChip() {
  const current = job.value;
  if (!current || current.state !== "running") return null;
  const progress = current.progress;
  const share = progress?.total ? progress.done / progress.total : null;
  const left = progress?.seconds_left;
  const title = commandTitle(current.command);
  return html`<a class="chip job" href=${href(current.command === "train" ? "train" : "overview")}>
    <span class="chip-text">${title}</span><${Progress} value=${share} label=${title} />
    <span class="figure">${left === null || left === undefined ? "" : duration(left)}</span></a>`;
}

function UndoButtons() {
  return html`<${IconButton} icon="undo" label=${t("Undo")} disabled=${!canUndo.value} onClick=${() => undo()} />
    <${IconButton} icon="redo" label=${t("Redo")} disabled=${!canRedo.value} onClick=${() => redo()} />`;
}

function LanguageButton() {
  const other = language.value === "zh" ? "en" : "zh";
  const title = other === "zh" ? "切换到简体中文" : "Switch to English";
  return html`<button type="button" class="icon-button language" lang=${other === "zh" ? "zh-CN" : "en"}
    aria-label=${title} title=${title} onClick=${() => setLanguage(other).catch(toastError)}>${other === "zh" ? "中" : "EN"}</button>`;
}

function ThemeButton() {
  const order = ["system", "light", "dark"];
  const titles = { system: t("Theme: as the system"), light: t("Theme: light"), dark: t("Theme: dark") };
  const icons = { system: "system", light: "sun", dark: "moon" };
  const next = order[(order.indexOf(theme.value) + 1) % order.length];
  return html`<${IconButton} icon=${icons[theme.value]} label=${titles[theme.value]} onClick=${() => { theme.value = next; }} />`;
}
