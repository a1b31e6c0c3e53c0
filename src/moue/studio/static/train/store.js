// @ts-check
/** The runs of the workspace and their curves, kept up to date by the events of the server. */
import { computed, signal } from "../vendor/preact.js";
import { get, on, state } from "../api.js";
import { load, save } from "../prefs.js";

/** Curves of earlier runs that are drawn at once. */
export const MOST_SHOWN = 5;

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} recipe
 * @property {"running" | "stopped" | "failed" | "finished"} state
 * @property {number} epochs_done
 * @property {number | null} epochs
 * @property {number | null} best_epoch
 * @property {number | null} accuracy Accuracy on the test set, or on the validation set before an evaluation.
 * @property {"test" | "val" | null} accuracy_split
 * @property {number | null} macro_f1
 * @property {string | null} started
 * @property {number | null} seconds
 * @property {boolean} evaluated Whether the run has results.
 * @property {boolean} resumable
 * @property {boolean} selected Whether commands use this run by default.
 * @property {string} fault Why a finished run cannot be used, or why a training failed; empty otherwise.
 *
 * @typedef {object} Epoch
 * @property {number} number Number of the epoch, from 1; 0 is the bundled model before fine-tuning.
 * @property {number} lr
 * @property {number} train_loss
 * @property {number} val_loss
 * @property {number} val_accuracy
 * @property {number} val_recall Mean recall on the validation set, which selects the best epoch.
 * @property {number} seconds
 */

/** All runs, the newest first; null until they are loaded. */
export const runs = signal(/** @type {Run[] | null} */ (null));
export const runsError = signal(/** @type {any} */ (null));
/** Epochs of the runs that were loaded, by name of the run. */
export const histories = signal(/** @type {Record<string, Epoch[]>} */ ({}));
/** Names of the runs whose curves are drawn beside the current one. */
export const shown = signal(/** @type {string[]} */ (load("shown-runs", [])));

/** The training that runs now: its job, or null. */
export const training = signal(/** @type {any} */ (null));
/** The last training if it failed: its job, or null. */
export const failed = signal(/** @type {any} */ (null));
/** The run that is trained now; without one, the newest run. */
export const current = computed(() => {
  const all = runs.value ?? [];
  const active = training.value;
  if (active) return all.find((run) => (active.run ? run.name === active.run : run.state === "running")) ?? null;
  return all[0] ?? null;
});

export async function loadRuns() {
  try {
    runs.value = (await get("runs")).runs;
    runsError.value = null;
    if (current.value) await loadHistory(current.value.name);
    await Promise.all(shown.value.map((name) => loadHistory(name)));
  } catch (error) {
    runsError.value = error;
  }
}

/** @param {string} name @param {boolean} [again] Load it even if it is known. */
export async function loadHistory(name, again = false) {
  if (histories.value[name] && !again) return;
  if (!runs.value?.some((run) => run.name === name)) return;
  const { history } = await get(`runs/${encodeURIComponent(name)}`);
  histories.value = { ...histories.value, [name]: history };
}

/** Show or hide the curves of a run. @param {string} name */
export function toggleShown(name) {
  const kept = shown.value.filter((one) => one !== name);
  shown.value = kept.length < shown.value.length ? kept : [...kept, name].slice(-MOST_SHOWN);
  save("shown-runs", shown.value);
  loadHistory(name).catch(() => {});
}

/** Follow the events of the server. @returns {() => void} Ends the following. */
export function followRuns() {
  training.value = state.peek()?.jobs?.find((/** @type {any} */ one) => one.command === "train") ?? null;
  loadFailure();
  const off = [
    on("epoch", (row) => addEpoch(row)),
    on("state", (data) => follow(data.jobs?.find((/** @type {any} */ one) => one.command === "train"))),
    on("job", (one) => {
      if (one.command === "train") {
        follow(one);
        failed.value = one.state === "failed" ? one : null;
      }
      if (one.command === "train" || one.command === "evaluate") reload();
    }),
    on("progress", (progress) => {
      if (training.value?.id === progress.job) training.value = { ...training.value, progress };
    }),
    on("reconnect", () => {
      histories.value = {};
      loadRuns();
    }),
  ];
  return () => off.forEach((end) => end());
}

/** Find out whether the last training failed. */
async function loadFailure() {
  const { jobs } = await get("jobs").catch(() => ({ jobs: [] }));
  const last = jobs.find((/** @type {any} */ one) => one.command === "train");
  failed.value = last?.state === "failed" ? last : null;
}

/** Take over the state of the running training. @param {any} job */
export function follow(job) {
  if (job?.state === "running") training.value = { progress: training.value?.id === job.id ? training.value.progress : null, ...definite(job) };
  else training.value = null;
}

/** The fields that are known, so that an older progress is not erased. @param {any} job */
function definite(job) {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
}

/** @param {Epoch & {run: string}} row */
function addEpoch(row) {
  const { run: name, ...epoch } = row;
  const run = runs.value?.find((one) => one.name === name);
  if (!run) {
    reload();
    return;
  }
  if (!histories.value[name]) {
    loadHistory(name).catch(() => {});
    return;
  }
  const before = histories.value[name].filter((one) => one.number < epoch.number);
  histories.value = { ...histories.value, [name]: [...before, epoch] };
}

/** @type {number | undefined} */
let waiting;
/** Load the runs soon; several calls load them once. */
function reload() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    await loadRuns();
    if (current.value) loadHistory(current.value.name, true).catch(() => {});
  }, 150);
}
