// @ts-check
/** Start, watch and stop jobs. */

import { html, signal } from "../vendor/preact.js";
import { job, post } from "../api.js";
import { Button, Progress, toastError } from "../components.js";
import { duration, messageText, number, t, translate } from "../i18n.js";
import { commandTitle } from "../names.js";

/** @param {string} command @param {Record<string, any>} [options] @returns {Promise<any>} null if it was refused */
export async function run(command, options = {}) {
  try {
    job.value = await post("jobs", { command, options });
    return job.value;
  } catch (error) {
    toastError(error);
    return null;
  }
}

/** @param {string} id */
export async function stop(id) {
  try {
    job.value = { ...job.value, ...(await post(`jobs/${id}/stop`)) };
  } catch (error) {
    toastError(error);
  }
}

/** Ids of failed jobs whose message was closed. */
const closed = signal(/** @type {Set<string>} */ (new Set()));

/** The message of a failed job, until it is closed. @param {{failure: any}} props */
export function JobFailure({ failure }) {
  if (failure?.state !== "failed" || closed.value.has(failure.id)) return null;
  const close = () => { closed.value = new Set([...closed.value, failure.id]); };
  return html`<section class="panel job-panel failed" role="alert"><div><h2>${t("{step} failed", { step: commandTitle(failure.command) })}</h2>
    <p class="job-message">${messageText(failure.message, failure.translations)}</p></div>
    <${Button} onClick=${close}>${t("Close")}<//></section>`;
}

/** The running job, or the last one if it failed. */
export function JobPanel() {
  const current = job.value;
  if (!current || !["running", "failed"].includes(current.state)) return null;
  if (current.state === "failed") return html`<${JobFailure} failure=${current} />`;
  const title = commandTitle(current.command);
  const progress = current.progress;
  const share = progress?.total ? progress.done / progress.total : null;
  return html`<section class="panel job-panel" aria-label=${title}><div class="job-text">
      <h2>${progress?.task ? messageText(translate(progress.task), progress.translations) : title}</h2>
      <p class="muted figure">${progressText(progress)}</p></div>
    <${Progress} value=${share} label=${title} />
    <${Button} icon="stop" onClick=${() => stop(current.id)}>${t("Stop")}<//></section>`;
}

/** @param {any} progress @returns {string} */
export function progressText(progress) {
  if (!progress) return t("Starting");
  const parts = [];
  if (progress.total) parts.push(t("{done} of {total}", { done: progress.done, total: progress.total }));
  else if (progress.done) parts.push(number(progress.done));
  if (progress.rate) parts.push(t("{rate} per second", { rate: Number(progress.rate.toPrecision(3)) }));
  if (progress.seconds_left !== null && progress.seconds_left !== undefined) {
    parts.push(t("{time} left", { time: duration(progress.seconds_left) }));
  }
  return parts.join(" · ");
}
