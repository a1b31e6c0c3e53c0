// @ts-check
/** The steps of the pipeline: how much each one left, and a button to run it again. */

import { html } from "../vendor/preact.js";
import { job } from "../api.js";
import { Icon } from "../icons.js";
import { Progress } from "../components.js";
import { number, percent, t } from "../i18n.js";
import { commandTitle } from "../names.js";
import { href } from "../router.js";
import { progressText, run, stop } from "./jobs.js";

/** @returns {{count: string, of: string | null, command: string | null, title: string, link: any}[]} */
function steps() {
  return [
    { count: "found", of: null, command: null, title: t("Pictures found"), link: href("pictures", "", { dropped: "any" }) },
    { count: "readable", of: "found", command: "convert", title: t("Readable"), link: href("pictures", "", { dropped: "any" }) },
    { count: "with_face", of: "readable", command: "clean", title: t("With a face"), link: href("pictures", "", { dropped: "yes", reason: "no_face" }) },
    { count: "unique", of: "with_face", command: "dedupe", title: t("Unique"), link: href("duplicates") },
    { count: "crops", of: null, command: "crop", title: t("Mouth crops"), link: href("pictures", "", { view: "mouths" }) },
    { count: "labelled", of: "crops", command: "label", title: t("Labelled"), link: href("label") },
    { count: "split", of: "labelled", command: "split", title: t("Split for training"), link: href("pictures", "", { view: "mouths", split: "train" }) },
  ];
}

/** @param {{counts: Record<string, number>}} props */
export function Steps({ counts }) {
  const current = job.value;
  const running = current?.state === "running";
  return html`<section class="panel steps" aria-label=${t("Steps")}><ol>${steps().map((step) => {
    const count = counts[step.count] ?? 0;
    const base = step.of ? counts[step.of] ?? 0 : 0;
    const now = running && step.command !== null && (current.command === step.command || current.progress?.stage === step.command);
    const title = step.command ? commandTitle(step.command) : "";
    const progress = current?.progress;
    return html`<li key=${step.count} class=${now ? "now" : ""}>
      <a class="step-name" href=${step.link}>${step.title}</a>
      <span class="step-count figure">${number(count)}</span>
      <span class="step-share figure muted">${step.of && base ? percent(count / base) : ""}</span>
      <span class="step-track">${now ? html`<${Progress} value=${progress?.total ? progress.done / progress.total : null} label=${title} />
        <span class="muted small-text">${progressText(progress)}</span>`
      : step.of && html`<span class="bars-track"><span style=${{ width: `${base ? Math.min(100, (100 * count) / base) : 0}%` }} /></span>`}</span>
      ${step.command ? html`<button type="button" class="button small step-button" disabled=${running && !now}
        onClick=${() => (now ? stop(current.id) : run(/** @type {string} */ (step.command)))}>
        <${Icon} name=${now ? "stop" : "play"} /><span>${now ? t("Stop") : title}</span></button>` : html`<span />`}</li>`;
  })}</ol></section>`;
}
