// @ts-check
/** Results: the report of a run, in which every number leads to its mouths. */
import { html, useEffect, useSignal } from "../vendor/preact.js";
import { get, on } from "../api.js";
import { Button, Empty, Failure, LabelBadge, Segments, Select, Skeleton } from "../components.js";
import { percent, t } from "../i18n.js";
import { Coverage, Reliability } from "../charts/calibration.js";
import { Compare } from "../results/compare.js";
import { Confusion } from "../results/confusion.js";
import { Mouths } from "../results/mouths.js";
import { Notes, PerLabel, Robustness, Scores, Slices } from "../results/sections.js";
import { go, href, route, setQuery } from "../router.js";
import { followRuns, loadRuns, runs } from "../train/store.js";

/** The page. */
export function Results() {
  const name = route.value.arg;
  const evaluated = (runs.value ?? []).filter((run) => run.evaluated);
  useEffect(() => {
    loadRuns();
    return followRuns();
  }, []);
  useEffect(() => {
    if (!name && evaluated.length) location.replace(href("results", evaluated[0].name));
  }, [name, evaluated.length]);
  if (runs.value && !evaluated.length) {
    return html`<div class="page"><div class="page-title"><h1>${t("Results")}</h1></div>
      <section class="panel"><${Empty} icon="info" title=${t("No finished training yet")}><p>${t("Train a model. Its results appear here when the training has finished.")}</p><a class="button" href=${href("train")}>${t("Go to Train")}</a><//></section></div>`;
  }
  return html`<div class="page results">
    <${Head} name=${name} evaluated=${evaluated} />
    ${name ? html`<${Report} key=${name} name=${name} />` : html`<${Waiting} />`}
  </div>`;
}

/** @param {{name: string, evaluated: import("../train/store.js").Run[]}} props */
function Head({ name, evaluated }) {
  const other = route.value.query.get("b") ?? "";
  const options = evaluated.map((run) => ({ value: run.name, title: `${run.name} · ${run.recipe} · ${accuracyText(run)}` }));
  const others = options.filter((one) => one.value !== name);
  return html`<div class="page-title"><h1>${t("Results")}</h1>
    ${options.length > 0 && html`<${Select} label=${t("Run")} value=${name} options=${options} onChange=${(/** @type {string} */ value) => go("results", value)} />`}
    ${others.length > 0 && html`<${Select} label=${t("Compare with")} value=${other} options=${[{ value: "", title: t("compare with…") }, ...others]} onChange=${(/** @type {string} */ value) => setQuery({ b: value || null }, true)} />`}
  </div>`;
}

/** The accuracy of a run and the set that it was measured on. @param {import("../train/store.js").Run} run */
function accuracyText(run) {
  const share = percent(run.accuracy, 1);
  if (run.accuracy_split === "test") return t("{share} on the test set", { share });
  return run.accuracy_split ? t("{share} on the validation set", { share }) : share;
}

/** @param {{name: string}} props */
function Report({ name }) {
  /** @type {{value: any}} */
  const results = useSignal(null);
  /** @type {{value: any}} */
  const error = useSignal(null);
  const changed = useSignal(false);
  const load = () => {
    error.value = null;
    changed.value = false;
    get(`runs/${encodeURIComponent(name)}/results`).then((answer) => (results.value = answer), (failure) => (error.value = failure));
  };
  useEffect(load, [name]);
  useEffect(() => {
    const off = [
      on("decisions", () => (changed.value = true)),
      on("job", (job) => job.command === "evaluate" && job.state === "done" && load()),
    ];
    return () => off.forEach((end) => end());
  }, [name]);
  if (error.value) return html`<${Failure} error=${error.value} retry=${load} />`;
  if (!results.value) return html`<${Waiting} />`;
  const found = results.value;
  const { query } = route.value;
  const other = query.get("b");
  const chosen = { label: query.get("label"), predicted: query.get("predicted"), slice: query.get("slice"), errors: query.get("errors") };
  const choose = (/** @type {any} */ part) => setQuery({ label: null, predicted: null, slice: null, errors: null, ...part });
  return html`
    <${Scores} results=${found} showErrors=${() => choose({ errors: "1" })} />
    ${changed.value && html`<p class="note warning changed-note">${t("Labels have changed since these numbers were computed.")} <${Button} small onClick=${load}>${t("Compute again")}<//></p>`}
    <${Notes} results=${found} />
    ${other && html`<${Compare} a=${name} b=${other} />`}
    <div class="results-main">
      <div class="results-left">
        <section class="panel" aria-label=${t("Confusion matrix")}>
          <header><h2>${t("Confusion matrix")}</h2><span class="muted small-text">${t("choose a cell to see its mouths")}</span></header>
          <div class="panel-body"><${Confusion} labels=${found.confusion.labels} counts=${found.confusion.counts} chosen=${chosen} choose=${(/** @type {string} */ label, /** @type {string} */ predicted) => choose({ label, predicted })} /></div>
        </section>
        <section class="panel" aria-label=${t("Labels")}><header><h2>${t("Labels")}</h2></header><div class="panel-body scroll-x"><${PerLabel} rows=${found.per_label} /></div></section>
      </div>
      <${Selection} name=${name} chosen=${chosen} choose=${choose} />
    </div>
    <div class="results-more">
      <section class="panel" aria-label=${t("Calibration")}>
        <header><h2>${t("Calibration")}</h2></header>
        <div class="panel-body charts-pair"><${Reliability} bins=${found.calibration.bins} ece=${found.ece} /><${Coverage} points=${found.coverage} /></div>
      </section>
      <section class="panel" aria-label=${t("Slices")}><header><h2>${t("Slices")}</h2></header><${Slices} slices=${found.slices} overall=${found.accuracy.value} chosen=${chosen.slice} choose=${(/** @type {string} */ slice) => choose({ slice })} /></section>
      <section class="panel robustness" aria-label=${t("Robustness")}><header><h2>${t("Robustness")}</h2></header><${Robustness} run=${name} curves=${found.robustness} stale=${found.stale} /></section>
    </div>`;
}

/** The mouths of the chosen part of the report. @param {{name: string, chosen: any, choose: (part: any) => void}} props */
function Selection({ name, chosen, choose }) {
  const { label, predicted, slice, errors } = chosen;
  const part = label && predicted ? "cell" : slice ? "slice" : errors ? "errors" : "mistakes";
  const query = { cell: { label, predicted }, slice: { slice }, errors: { errors: "1" }, mistakes: { mistakes: "1" } }[part];
  const options = [
    { value: "mistakes", title: t("All mistakes") },
    { value: "errors", title: t("Likely label errors") },
    ...(part === "cell" ? [{ value: "cell", title: html`<${LabelBadge} name=${label} quiet /> → <${LabelBadge} name=${predicted} quiet />` }] : []),
    ...(part === "slice" ? [{ value: "slice", title: slice.replace("=", ": ") }] : []),
  ];
  const note = part === "errors" ? t("A model that was not trained on these mouths predicts another label with a high probability. The model also makes mistakes, so check each mouth.") : "";
  const empty = { cell: t("No mouth is in this cell"), slice: t("No mouth is in this slice"), errors: t("No likely label error"), mistakes: t("The model predicts every tested mouth correctly") }[part];
  const advice = part === "cell" ? t("Choose another cell.") : "";
  const change = (/** @type {string} */ value) => value !== part && choose(value === "errors" ? { errors: "1" } : {});
  return html`<${Mouths} path=${`runs/${encodeURIComponent(name)}/mouths`} query=${query} note=${note} empty=${empty} advice=${advice}
    choices=${html`<${Segments} label=${t("Part of the results")} value=${part} options=${options} onChange=${change} />`} />`;
}

function Waiting() {
  return html`<div class="results-main" aria-busy="true"><section class="panel"><div class="panel-body"><${Skeleton} lines=${8} /></div></section><section class="panel"><div class="panel-body"><${Skeleton} lines=${8} /></div></section></div>`;
}
