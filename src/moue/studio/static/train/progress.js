// @ts-check
/** The training that runs now, or the newest run: epoch, time left, and its curves beside earlier runs. */
import { html } from "../vendor/preact.js";
import { post } from "../api.js";
import { Button, Empty, Progress, toastError } from "../components.js";
import { duration, number, percent, t } from "../i18n.js";
import { Curves } from "../charts/curves.js";
import { href } from "../router.js";
import { current, follow, histories, runs, shown, training } from "./store.js";

/** Colours of the curves of earlier runs; they are never the accent colour. */
export const RUN_COLOURS = ["#c4513b", "#8a5fd3", "#a3861d", "#2f8fd0", "#c2559d"];

/** Colour of the curves of a run, or "" if they are not shown. @param {string} name */
export function runColour(name) {
  if (name === current.value?.name) return "--accent";
  const index = shown.value.indexOf(name);
  return index < 0 ? "" : RUN_COLOURS[index % RUN_COLOURS.length];
}

export function TrainProgress() {
  const run = current.value;
  const active = training.value;
  if (!run && !active) {
    return html`<section class="panel train-now"><${Empty} icon="play" title=${t("No run yet")}>
      <p>${t("Choose a recipe and start a training. Its curves appear here after the first epoch.")}</p><//></section>`;
  }
  const history = run ? (histories.value[run.name] ?? []) : [];
  const last = history[history.length - 1];
  const best = bestOf(history);
  const stop = async () => {
    try {
      follow(await post(`jobs/${active.id}/stop`));
    } catch (error) {
      toastError(error);
    }
  };
  return html`<section class="panel train-now" aria-label=${t("Training")}>
    <header>
      <h2>${run?.name ?? t("Starting…")}</h2>
      ${run && html`<span class="muted">${run.recipe}</span>`}
      <span class="chip state-${active ? "running" : (run?.state ?? "running")}">${active ? t("training") : runState(run)}</span>
      ${active && html`<${Button} small icon="stop" disabled=${active.stopping} onClick=${stop}>${active.stopping ? t("Stopping…") : t("Stop")}<//>`}
      ${!active && run?.evaluated && html`<a class="button small" href=${href("results", run.name)}>${t("Results")}</a>`}
    </header>
    <div class="panel-body">
      <${Numbers} run=${run} active=${active} last=${last} best=${best} />
      <${Charts} run=${run} history=${history} best=${best} />
      ${run?.fault && !active && html`<p class="error">${run.fault}</p>`}
      ${run?.state === "failed" && run.resumable && !active && html`<p class="muted">${t("Remove the cause, then Resume continues this training after its last epoch.")}</p>`}
      ${run?.state === "stopped" && !active && html`<p class="muted">${t("This training was stopped. Resume continues it after its last epoch and gives the same result as one without a stop.")}</p>`}
    </div>
  </section>`;
}

/** @param {{run: import("./store.js").Run | null, active: any, last: any, best: any}} props */
function Numbers({ run, active, last, best }) {
  const epochs = run?.epochs || active?.progress?.total || 0;
  const done = last?.number ?? active?.progress?.done ?? 0;
  const left = active?.progress?.seconds_left;
  return html`<div class="train-numbers" aria-live="off">
    <${Progress} value=${active ? (epochs ? done / epochs : null) : 1} label=${t("Training")} />
    <dl>
      <div><dt>${t("epoch")}</dt><dd><strong data-train="epoch">${number(done)}</strong>${epochs ? html` <span class="muted">${t("of {n}", { n: epochs })}</span>` : ""}</dd></div>
      <div><dt>${active ? t("time left") : t("time")}</dt><dd>${active ? (left === null || left === undefined ? "–" : duration(left)) : run?.seconds ? duration(run.seconds) : "–"}</dd></div>
      <div><dt>${t("best epoch")}</dt><dd>${best ? html`<strong>${number(best.number)}</strong>` : "–"}</dd></div>
      <div><dt>${t("validation accuracy")}</dt><dd>${best ? percent(best.val_accuracy, 1) : "–"}</dd></div>
      <div><dt>${t("learning rate")}</dt><dd>${last ? number(last.lr, { maximumSignificantDigits: 2 }) : "–"}</dd></div>
    </dl>
  </div>`;
}

const epochText = (/** @type {any} */ epoch) => t("epoch {n}", { n: epoch });

/** @param {{run: import("./store.js").Run | null, history: import("./store.js").Epoch[], best: any}} props */
function Charts({ run, history, best }) {
  const others = shown.value
    .filter((name) => name !== run?.name && runs.value?.some((one) => one.name === name))
    .map((name) => ({ name, rows: histories.value[name] ?? [], colour: runColour(name) }));
  const curve = (/** @type {any[]} */ rows, /** @type {string} */ key, /** @type {any} */ rest) => ({ x: rows.map((row) => row.number), y: rows.map((row) => row[key] ?? null), ...rest });
  const loss = [
    curve(history, "val_loss", { key: "val", label: t("validation"), colour: "--accent" }),
    curve(history, "train_loss", { key: "train", label: t("training set"), colour: "--accent", dashed: true }),
    ...others.map((one) => curve(one.rows, "val_loss", { key: one.name, label: one.name, colour: one.colour, faint: true })),
  ];
  const accuracy = [
    curve(history, "val_accuracy", { key: "accuracy", label: t("accuracy"), colour: "--accent" }),
    curve(history, "val_recall", { key: "recall", label: t("mean recall"), colour: "--accent", dashed: true }),
    ...others.map((one) => curve(one.rows, "val_accuracy", { key: one.name, label: one.name, colour: one.colour, faint: true })),
  ];
  return html`<div class="train-charts">
    <${Curves} title=${t("Loss")} xText=${epochText} curves=${loss} xMax=${run?.epochs} mark=${best?.number} format=${(/** @type {number} */ value) => number(value, { maximumFractionDigits: 3 })} />
    <${Curves} title=${t("Validation accuracy and recall")} xText=${epochText} curves=${accuracy} xMax=${run?.epochs} mark=${best?.number} format=${(/** @type {number} */ value) => percent(value)} />
  </div>`;
}

/** @param {import("./store.js").Epoch[]} history */
function bestOf(history) {
  // As the training selects it: the highest recall, then the lowest loss, then the earlier epoch.
  const better = (/** @type {any} */ row, /** @type {any} */ best) =>
    row.val_recall > best.val_recall || (row.val_recall === best.val_recall && row.val_loss < best.val_loss);
  return history.reduce((/** @type {any} */ best, row) => (!best || better(row, best) ? row : best), null);
}

/** @param {import("./store.js").Run | null} run */
export function runState(run) {
  switch (run?.state) {
    case "running":
      return t("training");
    case "finished":
      return t("finished");
    case "stopped":
      return t("stopped");
    case "failed":
      return t("failed");
    default:
      return "";
  }
}
