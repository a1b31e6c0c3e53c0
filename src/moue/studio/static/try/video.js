// @ts-check
/** A video: it plays from this computer, while the server predicts its frames as a job. */
import { html, useEffect, useRef, useSignal } from "../vendor/preact.js";
import { get, on, post } from "../api.js";
import { Button, errorText, LabelBadge, Progress } from "../components.js";
import { duration, number, t } from "../i18n.js";
import { Shares } from "../charts/label_text.js";
import { segmentsOf, Timeline } from "../charts/timeline.js";

/** @param {{file: File, close: () => void}} props */
export function Video({ file, close }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const url = useSignal("");
  /** @type {{value: any}} */
  const job = useSignal(null);
  /** @type {{value: any}} */
  const result = useSignal(null);
  const error = useSignal("");
  const time = useSignal(0);

  useEffect(() => {
    const made = URL.createObjectURL(file);
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [file]);
  useEffect(() => follow(file, job, result, error), [file]);

  const frames = result.value?.timeline ?? [];
  const step = result.value?.fps ? 1 / result.value.fps : 0.1;
  const end = Math.max(frames.length ? frames[frames.length - 1].time + step : 0, video.current?.duration || 0);
  const now = nearest(frames, time.value);
  const seek = (/** @type {number} */ to) => {
    if (video.current) video.current.currentTime = to;
    time.value = to;
  };
  return html`<div class="try-main">
      <div class="stage">
        <video ref=${video} src=${url.value} controls muted playsinline onTimeUpdate=${(/** @type {Event} */ event) => (time.value = /** @type {HTMLVideoElement} */ (event.currentTarget).currentTime)}></video>
      </div>
      <section class="panel" aria-label=${t("Timeline")}>
        <header><h2>${t("Timeline")}</h2><span class="muted">${frames.length ? t("Click to jump") : ""}</span></header>
        ${frames.length
          ? html`<${Timeline} rows=${[{ name: t("face"), segments: segmentsOf(frames, step) }]} start=${0} end=${end} playhead=${time.value} seek=${seek} />`
          : html`<${Waiting} job=${job.value} error=${error.value} />`}
      </section>
    </div>
    <aside class="try-side">
      <section class="panel">
        <header><h2>${now ? html`<${LabelBadge} name=${now.label} />` : t("Video")}</h2></header>
        <p class="muted file-name">${file.name}</p>
        ${now && html`<p class="muted">${t("at {time} s", { time: number(now.time, { maximumFractionDigits: 1 }) })}</p><${Shares} probabilities=${now.probabilities ?? {}} />`}
        <${Totals} segments=${segmentsOf(frames, step)} />
        <${Button} small onClick=${close}>${t("Close the video")}<//>
      </section>
    </aside>`;
}

/** @param {{job: any, error: string}} props */
function Waiting({ job, error }) {
  if (error) return html`<p class="error" role="alert">${error}</p>`;
  const progress = job?.progress;
  const share = progress?.total ? progress.done / progress.total : null;
  const left = progress?.seconds_left;
  return html`<${Progress} value=${share} label=${t("Predicting the frames")} />
    <p class="muted">${left ? t("{time} left", { time: duration(left) }) : job ? t("Predicting the frames…") : t("Uploading…")}</p>`;
}

/** @param {{segments: import("../charts/timeline.js").Segment[]}} props */
function Totals({ segments }) {
  /** @type {Map<string | null, number>} */
  const totals = new Map();
  for (const one of segments) totals.set(one.label, (totals.get(one.label) ?? 0) + one.end - one.start);
  if (!totals.size) return null;
  return html`<dl class="totals">${[...totals].sort((a, b) => b[1] - a[1]).map(
    ([label, seconds]) => html`<div key=${label}><dt>${label ? html`<${LabelBadge} name=${label} quiet />` : t("unsure")}</dt><dd>${duration(seconds)}</dd></div>`,
  )}</dl>`;
}

/**
 * Upload a video, follow its job, and fetch the result.
 * @param {File} file
 * @param {{value: any}} job @param {{value: any}} result @param {{value: string}} error
 */
function follow(file, job, result, error) {
  const abort = new AbortController();
  job.value = null;
  result.value = null;
  error.value = "";
  const seen = async (/** @type {any} */ one) => {
    if (!job.value || one.id !== job.value.id) return;
    job.value = { ...job.value, ...one };
    if (one.state === "done" && !result.value) result.value = one.result ?? (await get(`jobs/${one.id}`)).result;
    if (one.state === "failed" || one.state === "stopped") error.value = one.message ?? t("The prediction stopped.");
  };
  const off = [
    on("job", seen),
    on("progress", (one) => {
      if (job.value && one.job === job.value.id) job.value = { ...job.value, progress: one };
    }),
  ];
  post("predict/video", file, abort.signal)
    .then((one) => {
      job.value = one;
      return seen(one);
    })
    .catch((failure) => {
      if (!abort.signal.aborted) error.value = errorText(failure);
    });
  return () => {
    abort.abort();
    off.forEach((end) => end());
    if (job.value?.state === "running") post(`jobs/${job.value.id}/stop`).catch(() => {});
  };
}

/** @param {{time: number, label: string | null, probabilities: any}[]} frames @param {number} time */
function nearest(frames, time) {
  let found = frames[0];
  for (const frame of frames) {
    if (frame.time > time) break;
    found = frame;
  }
  return found;
}
