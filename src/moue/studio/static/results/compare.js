// @ts-check
/** Two runs side by side on the same test mouths: the difference, and the mouths on which they differ. */
import { html, useEffect, useSignal } from "../vendor/preact.js";
import { get } from "../api.js";
import { Button, Failure, LabelBadge, Skeleton } from "../components.js";
import { number, percent, t } from "../i18n.js";
import { href } from "../router.js";
import { thumbnail } from "./mouths.js";

const LETTERS = ["A", "B"];
/** Mouths that are shown before "Show all". */
const FIRST = 10;

/** @param {{a: string, b: string}} props */
export function Compare({ a, b }) {
  /** @type {{value: any}} */
  const found = useSignal(null);
  /** @type {{value: any}} */
  const error = useSignal(null);
  const load = () => {
    found.value = error.value = null;
    get("compare", { a, b }).then((answer) => (found.value = answer), (failure) => (error.value = failure));
  };
  useEffect(load, [a, b]);
  if (error.value) return html`<${Failure} error=${error.value} retry=${load} />`;
  if (!found.value) return html`<section class="panel"><div class="panel-body"><${Skeleton} lines=${6} /></div></section>`;
  return html`<${Shown} a=${a} b=${b} found=${found.value} />`;
}

/** @param {{a: string, b: string, found: any}} props */
function Shown({ a, b, found }) {
  const { accuracy, accuracy_difference: difference, p_value: p } = found;
  const better = difference.interval && (difference.interval[0] > 0 ? a : difference.interval[1] < 0 ? b : null);
  return html`<section class="panel compare" aria-label=${t("Comparison")}>
    <header><h2>${t("{a} and {b}", { a, b })}</h2></header>
    <div class="panel-body">
      <table class="plain-table">
        <thead><tr><th scope="col">${t("run")}</th><th scope="col" class="right">${t("accuracy")}</th><th scope="col" class="right">macro-F1</th><th scope="col" class="right">${t("only this one right")}</th></tr></thead>
        <tbody>${[a, b].map((name, index) => html`<tr key=${name}>
          <th scope="row"><span class="run-letter">${LETTERS[index]}</span> <a href=${href("results", name)}>${name}</a></th>
          <td class="figure right">${percent(accuracy[index].value, 1)}</td>
          <td class="figure right">${percent(found.macro_f1[index], 1)}</td>
          <td class="figure right">${number(found.disagreeing[index])}</td></tr>`)}</tbody>
      </table>
      <p>${verdict(a, b, better, difference)} <span class="muted">${p < 0.001 ? t("McNemar's test: p < {p}", { p: number(0.001, { maximumFractionDigits: 3 }) }) : t("McNemar's test: p = {p}", { p: number(p, { maximumFractionDigits: 3 }) })}</span></p>
      <${Pairs} title=${t("Only {name} is right", { name: a })} rows=${found.only_first} count=${found.disagreeing[0]} />
      <${Pairs} title=${t("Only {name} is right", { name: b })} rows=${found.only_second} count=${found.disagreeing[1]} />
    </div>
  </section>`;
}

/** @param {string} a @param {string} b @param {string | null} better @param {any} difference A minus B. */
function verdict(a, b, better, difference) {
  const points = (/** @type {number} */ value) => number(100 * value, { maximumFractionDigits: 1 });
  const signed = (/** @type {number} */ value) => number(100 * value, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
  if (difference.value === null || !difference.interval) return t("The runs have no test mouths in common.");
  const [low, high] = difference.interval;
  if (better) {
    const [least, most] = better === a ? [low, high] : [-high, -low];
    return t("{better} is better: its accuracy is {difference} points higher, with a 95 % interval from {low} to {high}.",
      { better, difference: points(Math.abs(difference.value)), low: points(least), high: points(most) });
  }
  return t("The test set does not show which run is better: the accuracy of {a} minus that of {b} is {difference} points, with a 95 % interval from {low} to {high}.",
    { a, b, difference: signed(difference.value), low: signed(low), high: signed(high) });
}

/** @param {{title: string, rows: any[], count: number}} props `rows` may be some of `count`. */
function Pairs({ title, rows, count }) {
  const all = useSignal(false);
  if (!rows.length) return null;
  return html`<h3>${title} <span class="muted figure">${number(count)}</span></h3>
    <ul class="tiles">${rows.slice(0, all.value ? rows.length : FIRST).map((one) => html`<li class="tile" key=${one.name}><a class="tile-button" href=${href("explain", one.name)} aria-label=${one.name}>
      <img src=${thumbnail(one)} alt="" width="96" height="96" loading="lazy" decoding="async" />
      <span class="tile-line"><span class="tile-key">${t("label")}</span><${LabelBadge} name=${one.label} /></span>
      <span class="tile-line"><span class="run-letter">A</span><${LabelBadge} name=${one.first} quiet /></span>
      <span class="tile-line"><span class="run-letter">B</span><${LabelBadge} name=${one.second} quiet /></span>
    </a></li>`)}</ul>
    ${!all.value && rows.length > FIRST && html`<p><${Button} small onClick=${() => (all.value = true)}>${rows.length < count ? t("Show {n}", { n: rows.length }) : t("Show all {n}", { n: count })}<//></p>`}`;
}

