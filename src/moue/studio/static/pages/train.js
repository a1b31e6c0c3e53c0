// @ts-check
/** Train: a recipe and its settings, the live curves beside earlier runs, and all runs. */
import { html, useEffect } from "../vendor/preact.js";
import { t } from "../i18n.js";
import { JobFailure } from "../overview/jobs.js";
import { TrainForm } from "../train/form.js";
import { TrainProgress } from "../train/progress.js";
import { RunsTable } from "../train/runs_table.js";
import { failed, followRuns, loadRuns, training } from "../train/store.js";

/** The page. */
export function Train() {
  useEffect(() => {
    loadRuns();
    return followRuns();
  }, []);
  return html`<div class="page train">
    <div class="page-title"><h1>${t("Train")}</h1></div>
    <${TrainForm} started=${loadRuns} disabled=${Boolean(training.value)} />
    <div class="train-right">${!training.value && html`<${JobFailure} failure=${failed.value} />`}<${TrainProgress} /><${RunsTable} /></div>
  </div>`;
}
