// @ts-check
/** The pipeline with its numbers, what was dropped and why, thresholds and settings. */

import { html, useState } from "../vendor/preact.js";
import { job, state } from "../api.js";
import { Button, Empty, LabelDot } from "../components.js";
import { messageText, n, number, percent, t, translate } from "../i18n.js";
import { labelOf } from "../labels.js";
import { CollectDialog } from "../overview/collect.js";
import { JobPanel, run } from "../overview/jobs.js";
import { SettingsForm } from "../overview/settings_form.js";
import { Steps } from "../overview/steps.js";
import { Thresholds } from "../overview/thresholds.js";
import { splitName } from "../names.js";
import { href } from "../router.js";

export function Overview() {
  const [collecting, setCollecting] = useState(false);
  const { counts } = state.value;
  const busy = job.value?.state === "running";
  const problem = state.value.problem;
  const dialog = collecting && html`<${CollectDialog} onClose=${() => setCollecting(false)} />`;
  if (!counts.found) {
    return html`<div class="page"><h1 class="visually-hidden">${t("Overview")}</h1><${JobPanel} />
      ${!busy && html`<${Empty} icon="upload" title=${t("This workspace has no pictures yet")}>
        <p>${t("Add a folder of photos. Folders that are named after a label, such as smile, label the pictures in them.")}</p>
        <${Button} kind="primary" onClick=${() => setCollecting(true)}>${t("Add pictures")}<//><//>`}${dialog}</div>`;
  }
  return html`<div class="page overview">
    <div class="page-title"><h1>${t("Overview")}</h1>
      <${Button} icon="upload" onClick=${() => setCollecting(true)} disabled=${busy}>${t("Add pictures")}<//>
      <${Button} kind="primary" icon="play" onClick=${() => run("run", { until: "split" })} disabled=${busy}>${t("Run all steps")}<//></div>
    ${problem && html`<p class="banner" role="alert">${messageText(problem.text, problem.translations)}</p>`}<${JobPanel} />
    <div class="overview-columns"><div class="overview-main"><${Steps} counts=${counts} /><${Shares} /></div><${Dropped} /></div>
    <${Thresholds} /><${SettingsForm} />${dialog}</div>`;
}

function Dropped() {
  const rows = [...state.value.dropped].filter((one) => one.count).sort((a, b) => b.count - a.count);
  const total = rows.reduce((sum, one) => sum + one.count, 0);
  const most = rows[0]?.count ?? 1;
  return html`<section class="panel"><header><h2>${t("Dropped")}</h2><span class="figure muted">${number(total)}</span></header>
    ${rows.length ? html`<ul class="bars">${rows.map((one) => html`<li key=${one.reason}>
      <a href=${href("pictures", "", { dropped: "yes", reason: one.reason })}>
        <span class="bars-name">${translate(one.title)}</span><span class="figure">${number(one.count)}</span>
        <span class="bars-track"><span style=${{ width: `${(100 * one.count) / most}%` }} /></span></a></li>`)}</ul>`
    : html`<p class="panel-body muted">${t("Nothing was dropped.")}</p>`}</section>`;
}

function Shares() {
  const { label_counts: counts, split_counts: splits, labels, tabs } = state.value;
  const total = labels.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  return html`<section class="panel"><header><h2>${t("Labels")}</h2>
      ${tabs.unlabelled > 0 && html`<a href=${href("label")}>${n("{n} without a label", "{n} without a label", tabs.unlabelled)}</a>`}</header>
    <div class="panel-body"><div class="stack" role="presentation">${labels.map((name) => html`<span key=${name}
        style=${{ flexGrow: counts[name] ?? 0, background: labelOf(name).colour }} />`)}</div>
      <ul class="label-legend">${labels.map((name) => html`<li key=${name}><a href=${href("pictures", "", { view: "mouths", label: name })}>
        <${LabelDot} name=${name} />
        <span>${name}</span><span class="figure">${number(counts[name] ?? 0)}</span>
        <span class="figure muted">${total ? percent((counts[name] ?? 0) / total) : ""}</span></a></li>`)}</ul>
      <p class="muted splits">${["train", "val", "test"].map((name) => html`<span key=${name}>${splitName(name)}
        <b class="figure">${number(splits[name] ?? 0)}</b></span>`)}</p></div></section>`;
}
