// @ts-check
/** All runs: their scores, which curves are drawn, resume, evaluate and compare. */
import { html, useSignal } from "../vendor/preact.js";
import { get, post } from "../api.js";
import { Button, Failure, Skeleton, toastError } from "../components.js";
import { duration, number, percent, t, when } from "../i18n.js";
import { cssValue } from "../charts/theme.js";
import { href } from "../router.js";
import { runColour, runState } from "./progress.js";
import { current, follow, loadRuns, runs, runsError, shown, toggleShown, training } from "./store.js";

export function RunsTable() {
  /** @type {{value: string[]}} */
  const picked = useSignal([]);
  const all = runs.value;
  if (runsError.value) return html`<${Failure} error=${runsError.value} retry=${loadRuns} />`;
  if (all && !all.length) return null;
  const pick = (/** @type {string} */ name) => {
    const kept = picked.value.filter((one) => one !== name);
    picked.value = kept.length < picked.value.length ? kept : [...kept, name].slice(-2);
  };
  const [a, b] = picked.value;
  return html`<section class="panel runs" aria-label=${t("Runs")}>
    <header>
      <h2>${t("Runs")}</h2>
      <span class="muted small-text">${a ? (b ? "" : t("Choose one more run to compare")) : t("Choose two runs to compare")}</span>
      <a class="button small ${b ? "" : "disabled"}" aria-disabled=${b ? undefined : "true"} href=${b ? href("results", a, { b }) : undefined}>${t("Compare")}</a>
    </header>
    <div class="scroll-x" tabindex="0" role="region" aria-label=${t("Table of runs")}><table class="runs-table">
      <thead><tr>
        <th scope="col"><span class="visually-hidden">${t("Compare")}</span></th><th scope="col">${t("curve")}</th><th scope="col">${t("run")}</th><th scope="col">${t("recipe")}</th><th scope="col">${t("state")}</th>
        <th scope="col" class="right">${t("epochs")}</th><th scope="col" class="right">${t("accuracy")}</th><th scope="col" class="right">macro-F1</th><th scope="col" class="right">${t("time")}</th><th scope="col">${t("started")}</th><th scope="col"><span class="visually-hidden">${t("Actions")}</span></th>
      </tr></thead>
      <tbody>${all ? all.map((run) => html`<${Row} key=${run.name} run=${run} picked=${picked.value.includes(run.name)} pick=${() => pick(run.name)} />`) : html`<tr><td colspan="11"><${Skeleton} lines=${3} /></td></tr>`}</tbody>
    </table></div>
  </section>`;
}

/** @param {{run: import("./store.js").Run, picked: boolean, pick: () => void}} props */
function Row({ run, picked, pick }) {
  const colour = runColour(run.name);
  const own = run.name === current.value?.name;
  const active = run.state === "running" && training.value;
  return html`<tr class=${own ? "own" : ""}>
    <td><input type="checkbox" aria-label=${t("Compare {name}", { name: run.name })} checked=${picked} disabled=${!run.evaluated} onChange=${pick} /></td>
    <td><button type="button" class="curve-toggle" aria-pressed=${String(own || shown.value.includes(run.name))} disabled=${own}
      aria-label=${t("Draw the curves of {name}", { name: run.name })} onClick=${() => toggleShown(run.name)}><i style=${colour ? { background: cssValue(colour) } : {}}></i></button></td>
    <th scope="row">${run.evaluated ? html`<a href=${href("results", run.name)}>${run.name}</a>` : run.name}${run.selected && html` <span class="chip" title=${t("Commands and the page Try use this run.")}>${t("in use")}</span>`}</th>
    <td>${run.recipe}</td>
    <td><${State} run=${run} /></td>
    <td class="figure right">${number(run.epochs_done)}${run.epochs ? ` / ${number(run.epochs)}` : ""}</td>
    <td class="figure right">${percent(run.accuracy, 1)}${run.accuracy_split && html` <span class="muted small-text">${run.accuracy_split === "test" ? t("test set") : t("validation set")}</span>`}</td>
    <td class="figure right">${percent(run.macro_f1, 1)}</td>
    <td class="figure right">${run.seconds ? duration(run.seconds) : "–"}</td>
    <td class="figure">${when(run.started)}</td>
    <td class="actions"><${Actions} run=${run} active=${Boolean(active)} /></td>
  </tr>`;
}

/** The state of a run, with the reason where something is wrong. @param {{run: import("./store.js").Run}} props */
function State({ run }) {
  if (!run.fault) return runState(run);
  return html`<span class="error">${run.state === "failed" ? t("failed") : t("damaged")}</span><span class="run-fault muted small-text" title=${run.fault}>${run.fault}</span>`;
}

/** @param {{run: import("./store.js").Run, active: boolean}} props */
function Actions({ run, active }) {
  if (active || !run.resumable) return null;
  const resume = async () => {
    try {
      const { settings } = await get(`runs/${encodeURIComponent(run.name)}`);
      follow(await post("jobs", { command: "train", options: settings }));
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Button} small disabled=${Boolean(training.value)} onClick=${resume}>${t("Resume")}<//>`;
}
