// @ts-check
/** The parts of the results beside the confusion matrix: scores, labels, slices, robustness. */
import { html, useSignal } from "../vendor/preact.js";
import { post, state } from "../api.js";
import { Button, LabelBadge, Select, toastError } from "../components.js";
import { n, number, percent, t, translate } from "../i18n.js";
import { IntervalBar, Severity } from "../charts/intervals.js";

/** @typedef {import("../charts/intervals.js").Rate} Rate */

/** The scores of a run. @param {{results: any, showErrors: () => void}} props */
export function Scores({ results, showErrors }) {
  const { accuracy, macro_f1: macro, ece, label_errors: errors } = results;
  return html`<dl class="scores">
    <div><dt>${results.split === "val" ? t("accuracy on the validation set") : t("accuracy on the test set")}</dt><dd>${percent(accuracy.value, 1)}</dd><dd class="muted">${interval(accuracy.interval)}</dd></div>
    <div><dt>macro-F1</dt><dd>${percent(valueOf(macro), 1)}</dd><dd class="muted">${macroInterval(accuracy, macro)}</dd></div>
    <div><dt>${t("calibration error")}</dt><dd>${percent(ece, 1)}</dd><dd class="muted">${t("lower is better")}</dd></div>
    <div><dt>${t("mouths tested")}</dt><dd>${number(accuracy.count ?? 0)}</dd><dd class="muted">${t("{n} wrong", { n: (accuracy.count ?? 0) - (accuracy.right ?? 0) })}</dd></div>
    <div><dt>${t("likely label errors")}</dt><dd>${errors === null ? "–" : number(errors)}</dd>
      <dd>${errors === 0 ? html`<span class="muted">${t("none found")}</span>` : html`<button type="button" class="link" onClick=${showErrors}>${errors === null ? t("Search for them") : t("Look at them")}</button>`}</dd></div>
  </dl>
  <p class="help scores-note">${t("Below the scores are 95 % intervals: Wilson's for the accuracy, a bootstrap over the mouths for the macro-F1. The macro-F1 is the mean over the labels, so one wrong mouth of a rare label moves it far, and its interval is wide and not centred.")}</p>`;
}

/** @param {any} accuracy @param {any} macro */
function macroInterval(accuracy, macro) {
  if (accuracy.count && accuracy.right === accuracy.count) return t("no interval: there is no mistake to resample");
  return interval(macro?.interval);
}

/** What a reader must know about the numbers. @param {{results: any}} props */
export function Notes({ results }) {
  const notes = [
    results.split === "val" && t("There is no test set. These results are overestimated, since the validation set also selected the best epoch."),
    !results.unseen && t("The model may have been trained on some of these mouths, so the results may be overestimated."),
    results.unreadable > 0 && n("{n} mouth was left out, because its crop cannot be read.", "{n} mouths were left out, because their crops cannot be read.", results.unreadable),
    results.untested?.length > 0 && t("The test set has no mouth with the label {labels}.", { labels: results.untested.join(", ") }),
  ].filter(Boolean);
  return notes.length ? html`<ul class="note warning">${notes.map((text) => html`<li key=${text}>${text}</li>`)}</ul>` : null;
}

/** @param {[number, number] | null | undefined} range */
export function interval(range) {
  return range ? t("{low} to {high}", { low: percent(range[0], 1), high: percent(range[1], 1) }) : "";
}

/** @param {any} score A number, or an object with a value. */
export function valueOf(score) {
  return typeof score === "number" ? score : (score?.value ?? null);
}

/** Recall, precision and F1 of each label. @param {{rows: any[]}} props */
export function PerLabel({ rows }) {
  return html`<table class="plain-table">
    <thead><tr><th scope="col">${t("label")}</th><th scope="col" class="right">${t("mouths")}</th><th scope="col" class="right">${t("recall")}</th><th scope="col" class="right">${t("precision")}</th><th scope="col" class="right">F1</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.label}>
      <th scope="row"><${LabelBadge} name=${row.label} quiet /></th>
      <td class="figure right">${number(row.count ?? row.recall?.count ?? 0)}</td>
      <td class="figure right">${percent(valueOf(row.recall), 1)}</td>
      <td class="figure right">${percent(valueOf(row.precision), 1)}</td>
      <td class="figure right">${percent(valueOf(row.f1), 1)}</td></tr>`)}</tbody>
  </table>`;
}

/**
 * Accuracy by attribute. A row shows its mouths.
 * @param {{slices: {attribute: string, value: string, accuracy: Rate, macro_f1: number | null}[], overall: number, chosen: string | null, choose: (slice: string) => void}} props
 */
export function Slices({ slices, overall, chosen, choose }) {
  const attributes = [...new Set(slices.map((one) => one.attribute))];
  const attribute = useSignal(attributes[0] ?? "");
  if (!attributes.length) return html`<p class="panel-body muted">${t("The test set has no attributes to slice by. Add columns to the labels file, or collect from several sources.")}</p>`;
  const rows = slices.filter((one) => one.attribute === attribute.value);
  const low = Math.min(0.9, ...rows.map((one) => Math.floor(10 * (one.accuracy.interval?.[0] ?? 1)) / 10));
  return html`<div class="panel-body slices">
    <${Select} label=${t("Attribute")} value=${attribute.value} options=${attributes.map((one) => ({ value: one, title: translate(one) }))} onChange=${(/** @type {string} */ one) => (attribute.value = one)} />
    <table class="plain-table">
      <thead><tr><th scope="col">${t("value")}</th><th scope="col" class="right">${t("mouths")}</th><th scope="col" class="right">${t("accuracy")}</th><th scope="col" class="wide">${t("95 % interval, from {low}", { low: percent(low) })}</th></tr></thead>
      <tbody>${rows.map((one) => {
        const key = `${one.attribute}=${one.value}`;
        return html`<tr key=${key} class=${key === chosen ? "chosen" : ""}>
          <th scope="row"><button type="button" class="link" aria-pressed=${String(key === chosen)} onClick=${() => choose(key)}>${one.value}</button></th>
          <td class="figure right">${number(one.accuracy.count)}</td>
          <td class="figure right">${percent(one.accuracy.value, 1)}</td>
          <td><${IntervalBar} rate=${one.accuracy} low=${low} reference=${overall} /></td></tr>`;
      })}</tbody>
    </table>
  </div>`;
}

/**
 * Small multiples of the accuracy by corruption.
 * @param {{run: string, curves: any[], stale: boolean}} props
 */
export function Robustness({ run, curves, stale }) {
  const measure = html`<${Measure} run=${run} />`;
  if (!curves.length) return html`<div class="panel-body"><p class="muted">${t("The robustness is the accuracy on blurred, noisy, shifted and otherwise changed test mouths. It takes a minute or more.")}</p>${measure}</div>`;
  const values = curves.flatMap((curve) => curve.points.map((/** @type {any} */ point) => point.accuracy.value ?? 1));
  const low = Math.min(0.8, Math.floor(10 * Math.min(...values)) / 10);
  return html`<div class="panel-body severities">
    ${curves.map((curve) => html`<${Severity} key=${curve.name} name=${translate(curve.name)} unit=${curve.unit} points=${curve.points} neutral=${curve.neutral} low=${low} />`)}
  </div>
  <p class="panel-note muted">${t("Accuracy from {low} to 100 %; the dashed line is the unchanged crop; the number is the worst accuracy.", { low: percent(low) })}</p>
  ${stale && html`<div class="panel-note">${t("The test set has changed since then.")} ${measure}</div>`}`;
}

/** The button that measures the robustness as a job. @param {{run: string}} props */
function Measure({ run }) {
  const running = (state.value?.jobs ?? []).find((/** @type {any} */ one) => one.command === "evaluate");
  const start = async () => {
    try {
      await post("jobs", { command: "evaluate", options: { model: run, robustness: true } });
    } catch (error) {
      toastError(error);
    }
  };
  if (running) return html`<p class="muted measuring">${t("Measuring…")}</p>`;
  return html`<p class="measuring"><${Button} onClick=${start}>${t("Measure the robustness")}<//></p>`;
}
