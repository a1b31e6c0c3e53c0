// @ts-check
/** The shell: header, tabs, and the page of the current route. */

import { effect, html, render, signal, useEffect } from "./vendor/preact.js";
import { connection, listen, on, refreshState, state } from "./api.js";
import { Announcer, Empty, Failure, Toasts, errorText } from "./components.js";
import { Header, Tabs } from "./header.js";
import { language, n, startLanguage, t } from "./i18n.js";
import { KeyHelp, useShellKeys } from "./key_help.js";
import { startEdits, unsent } from "./edits.js";
import { href, route } from "./router.js";
import { Duplicates } from "./pages/duplicates.js";
import { Explain } from "./pages/explain.js";
import { LabelPage } from "./pages/label.js";
import { Overview } from "./pages/overview.js";
import { Pictures } from "./pages/pictures.js";
import { Results } from "./pages/results.js";
import { Train } from "./pages/train.js";
import { Try } from "./pages/try.js";

/** The pages in the order of the tabs. `count` reads the number in the tab from the state. */
export const PAGES = [
  { id: "overview", title: () => t("Overview"), view: Overview },
  { id: "pictures", title: () => t("Pictures"), view: Pictures, count: (s) => s.tabs.pictures + s.tabs.dropped,
    countTitle: (_, s) => t("{used} in use, {dropped} dropped", { used: s.tabs.pictures, dropped: s.tabs.dropped }) },
  { id: "label", title: () => t("Label"), view: LabelPage, count: (s) => s.tabs.unlabelled,
    countTitle: (c) => n("{n} without a label", "{n} without a label", c) },
  { id: "duplicates", title: () => t("Duplicates"), view: Duplicates, count: (s) => s.tabs.clusters },
  { id: "train", title: () => t("Train"), view: Train },
  { id: "results", title: () => t("Results"), view: Results, count: (s) => s.tabs.runs },
  { id: "try", title: () => t("Try"), view: Try },
  { id: "explain", title: () => t("Explain"), view: Explain },
];

const failed = signal(/** @type {any} */ (null));

function start() {
  failed.value = null;
  refreshState().then(listen, (error) => { failed.value = error; });
}

function App() {
  useShellKeys();
  const current = PAGES.find((page) => page.id === route.value.page) ?? PAGES[0];
  const title = current.title();
  useEffect(() => { document.title = `${title} · moue studio`; }, [title]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("Skip to the content")}</a>
    <${Header}><${Tabs} pages=${PAGES} current=${current.id} /><//>
    ${connection.value === "lost" && html`<p class="banner" role="alert">
      ${t("The studio does not answer. Your labels are kept here and are sent when it is back.")}</p>`}
    <main id="main" tabindex="-1" lang=${language.value === "zh" ? "zh-CN" : "en"} key=${current.id}>
      ${state.value ? html`<${current.view} />` : html`<${Waiting} />`}
    </main>
    <${KeyHelp} /><${Toasts} /><${Announcer} />`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Waiting() {
  const error = failed.value;
  if (!error) return html`<div class="page" aria-busy="true"><div class="skeleton block" /></div>`;
  if (error.status === 401 || error.status === 403) {
    return html`<${Empty} icon="warning" title=${t("This address has no access to the studio")}>
      <p>${t("Open the address that `moue studio` printed in the terminal. It contains a token that is valid once.")}</p><//>`;
  }
  return html`<${Failure} error=${{ message: errorText(error) }} retry=${start} />`;
}

if (!location.hash) history.replaceState(null, "", href("overview"));
await startLanguage();
startEdits();
on("reconnect", () => { refreshState().catch(() => {}); });
effect(() => { // tests and the closing tab look at it
  document.getElementById("app")?.toggleAttribute("data-unsent", unsent.value > 0);
});
start();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
