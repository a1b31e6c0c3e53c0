// @ts-check
/** The training that runs now, or the newest run: epoch, time left, and its curves beside earlier runs. */
import { html, useSignal } from "../vendor/preact.js";
import { post } from "../api.js";
import { Button, Empty, Progress, toastError } from "../components.js";
import { duration, number, percent, t } from "../i18n.js";
import { Curves } from "../charts/curves.js";
import { href } from "../router.js";
import { current, histories, runs, shown, training } from "./store.js";

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
  const stopping = useSignal(false);
  if (!run && !active) {
    return html`<section class="panel train-now"><${Empty} icon="play" title=${t("No run yet")}>
      <p>${t("Choose a recipe and start a training. Its curves appear here after the first epoch.")}</p><//></section>`;
  }
  const history = run ? (histories.value[run.name] ?? []) : [];
  const last = history[history.length - 1];
  const best = bestOf(history);
  const stop = async () => {
    stopping.value = true;
    try {
      await post(`jobs/${active.id}/stop`);
    } catch (error) {
      toastError(error);
      stopping.value = false;
    }
  };
  return html`<section class="panel train-now" aria-label=${t("Training")}>
    <header>
      <h2>${run?.name ?? t("Starting…")}</h2>
      ${run && html`<span class="muted">${run.recipe}</span>`}
      <span class="chip state-${active ? "running" : (run?.state ?? "running")}">${active ? t("training") : runState(run)}</span>
      ${active && html`<${Button} small icon="stop" disabled=${stopping.value && Boolean(active)} onClick=${stop}>${stopping.value ? t("Stopping…") : t("Stop and keep the best epoch")}<//>`}
      ${!active && run?.evaluated && html`<a class="button small" href=${href("results", run.name)}>${t("Results")}</a>`}
    </header>
    <div class="panel-body">
      <${Numbers} run=${run} active=${active} last=${last} best=${best} />
      <${Charts} run=${run} history=${history} best=${best} />
      ${active?.message && html`<p class="muted">${active.message}</p>`}
    </div>
  </section>`;
}

/** @param {{run: import("./store.js").Run | null, active: any, last: any, best: any}} props */
function Numbers({ run, active, last, best }) {
  const epochs = run?.epochs || active?.progress?.total || 0;
  const done = last?.epoch ?? active?.progress?.done ?? 0;
  const left = active?.progress?.seconds_left;
  return html`<div class="train-numbers" aria-live="off">
    <${Progress} value=${active ? (epochs ? done / epochs : null) : 1} label=${t("Training")} />
    <dl>
      <div><dt>${t("epoch")}</dt><dd><strong data-train="epoch">${number(done)}</strong>${epochs ? html` <span class="muted">${t("of {n}", { n: epochs })}</span>` : ""}</dd></div>
      <div><dt>${active ? t("time left") : t("time")}</dt><dd>${active ? (left === null || left === undefined ? "–" : duration(left)) : run?.seconds ? duration(run.seconds) : "–"}</dd></div>
      <div><dt>${t("best epoch")}</dt><dd>${best ? html`<strong>${number(best.epoch)}</strong>` : "–"}</dd></div>
      <div><dt>${t("validation accuracy")}</dt><dd>${best ? percent(best.val_accuracy, 1) : "–"}</dd></div>
      <div><dt>${t("learning rate")}</dt><dd>${last ? number(last.learning_rate, { maximumSignificantDigits: 2 }) : "–"}</dd></div>
    </dl>
  </div>`;
}

/** @param {{run: import("./store.js").Run | null, history: import("./store.js").Epoch[], best: any}} props */
function Charts({ run, history, best }) {
  const others = shown.value
    .filter((name) => name !== run?.name && runs.value?.some((one) => one.name === name))
    .map((name) => ({ name, rows: histories.value[name] ?? [], colour: runColour(name) }));
  const curve = (/** @type {any[]} */ rows, /** @type {string} */ key, /** @type {any} */ rest) => ({ x: rows.map((row) => row.epoch), y: rows.map((row) => row[key] ?? null), ...rest });
  const recall = history.some((row) => "val_recall" in row) ? "val_recall" : "val_macro_f1";
  const loss = [
    curve(history, "val_loss", { key: "val", label: t("validation"), colour: "--accent" }),
    curve(history, "train_loss", { key: "train", label: t("training set"), colour: "--accent", dashed: true }),
    ...others.map((one) => curve(one.rows, "val_loss", { key: one.name, label: one.name, colour: one.colour, faint: true })),
  ];
  const accuracy = [
    curve(history, "val_accuracy", { key: "accuracy", label: t("accuracy"), colour: "--accent" }),
    curve(history, recall, { key: "recall", label: recall === "val_recall" ? t("mean recall") : "macro-F1", colour: "--accent", dashed: true }),
    ...others.map((one) => curve(one.rows, "val_accuracy", { key: one.name, label: one.name, colour: one.colour, faint: true })),
  ];
  return html`<div class="train-charts">
    <${Curves} title=${t("Loss")} xTitle=${t("epoch")} curves=${loss} xMax=${run?.epochs} mark=${best?.epoch} format=${(/** @type {number} */ value) => number(value, { maximumFractionDigits: 3 })} />
    <${Curves} title=${t("Validation")} xTitle=${t("epoch")} curves=${accuracy} xMax=${run?.epochs} mark=${best?.epoch} format=${(/** @type {number} */ value) => percent(value)} />
  </div>`;
}

/** @param {import("./store.js").Epoch[]} history */
function bestOf(history) {
  const value = (/** @type {any} */ row) => row.val_recall ?? row.val_macro_f1 ?? row.val_accuracy;
  return history.reduce((/** @type {any} */ best, row) => (!best || value(row) > value(best) ? row : best), null);
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
