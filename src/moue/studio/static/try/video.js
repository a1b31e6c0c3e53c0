// @ts-check
/** A video: it plays in the page, with its faces and the timeline of their labels. */
import { html, useEffect, useRef, useSignal } from "../vendor/preact.js";
import { Button, LabelBadge, Progress } from "../components.js";
import { duration, n, number, t } from "../i18n.js";
import { labelText, Shares } from "../charts/label_text.js";
import { segmentsOf, Timeline } from "../charts/timeline.js";
import { drawBoxes } from "../live/overlay.js";
import { FPS, predictRecording, RecordingError } from "../live/recording.js";
import { drawnFace, LIVE_ADDRESS } from "./camera_view.js";

/** Tracks that the timeline shows: those that are visible longest. */
const ROWS = 8;

/** @typedef {import("../live/recording.js").RecordedFrame} RecordedFrame */

/** @param {{file: File, close: () => void}} props */
export function Video({ file, close }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const url = useSignal("");
  /** @type {{value: RecordedFrame[]}} */
  const frames = useSignal([]);
  const length = useSignal(0);
  const error = useSignal("");
  const time = useSignal(0);
  useEffect(() => predict(file, { url, frames, length, error }), [file]);

  const now = frameAt(frames.value, time.value);
  const state = length.value && frames.value.length / FPS < length.value - 1 / FPS ? "predicting" : frames.value.length ? "done" : "starting";
  useEffect(() => {
    const { current: shown } = video;
    if (canvas.current && shown?.videoWidth) {
      drawBoxes(canvas.current, { width: shown.videoWidth, height: shown.videoHeight }, (now?.faces ?? []).map(drawnFace));
    }
  }, [now]);
  const follow = () => (time.value = video.current?.currentTime ?? 0);
  const seek = (/** @type {number} */ to) => {
    if (video.current) video.current.currentTime = to;
    time.value = to;
  };
  const rows = tracksOf(frames.value);
  return html`<div class="try-main">
      <div class="stage video">
        <video ref=${video} src=${url.value} controls muted playsinline onTimeUpdate=${follow} onSeeked=${follow} onPlay=${() => watch(video.current, follow)}></video>
        <canvas ref=${canvas} class="boxes" aria-hidden="true"></canvas>
      </div>
      <section class="panel" aria-label=${t("Timeline")} data-video=${state}>
        <header><h2>${t("Timeline")}</h2><span class="muted small-text">${rows.length ? t("Click to jump") : ""}</span></header>
        ${error.value && html`<p class="error" role="alert">${error.value}</p>`}
        ${!error.value && state !== "done" && html`<${Progress} value=${length.value ? frames.value.length / FPS / length.value : null} label=${t("Predicting the frames")} />`}
        ${rows.length > 0 && html`<${Timeline} rows=${rows} start=${0} end=${length.value} playhead=${time.value} seek=${seek} />`}
        ${state === "done" && !rows.length && html`<p class="muted">${t("No face found")}</p>`}
      </section>
    </div>
    <aside class="try-side">
      <section class="panel">
        <header><h2>${now ? n("{n} face", "{n} faces", now.faces.length) : t("Video")}</h2><span class="muted figure">${t("at {time} s", { time: number(time.value, { maximumFractionDigits: 1, minimumFractionDigits: 1 }) })}</span></header>
        <p class="muted file-name">${file.name}</p>
        ${(now?.faces ?? []).slice(0, 3).map((face) => html`<div class="live-face" key=${face.track}><p><span class="track">${face.track}</span><strong>${labelText(face.steadied)}</strong></p><${Shares} probabilities=${face.probabilities} /></div>`)}
        <${Totals} rows=${rows} />
        <p><${Button} small onClick=${close}>${t("Close the video")}<//></p>
      </section>
    </aside>`;
}

/** Seconds of each label over all faces. @param {{rows: {segments: import("../charts/timeline.js").Segment[]}[]}} props */
function Totals({ rows }) {
  /** @type {Map<string | null, number>} */
  const totals = new Map();
  for (const { segments } of rows) {
    for (const one of segments) totals.set(one.label, (totals.get(one.label) ?? 0) + one.end - one.start);
  }
  if (!totals.size) return null;
  return html`<dl class="totals">${[...totals].sort((a, b) => b[1] - a[1]).map(
    ([label, seconds]) => html`<div key=${label}><dt>${label ? html`<${LabelBadge} name=${label} quiet />` : t("unsure")}</dt><dd>${duration(seconds)}</dd></div>`,
  )}</dl>`;
}

/**
 * Predict a file into signals, until the returned function is called.
 * @param {File} file
 * @param {{url: {value: string}, frames: {value: RecordedFrame[]}, length: {value: number}, error: {value: string}}} into
 */
function predict(file, { url, frames, length, error }) {
  const abort = new AbortController();
  const made = URL.createObjectURL(file);
  url.value = made;
  frames.value = [];
  length.value = 0;
  error.value = "";
  predictRecording(made, LIVE_ADDRESS(), abort.signal, (frame, seconds) => {
    length.value = seconds;
    frames.value = [...frames.value, frame];
  }).catch((failure) => {
    if (abort.signal.aborted) return;
    const unreadable = failure instanceof RecordingError && failure.fault === "unreadable";
    error.value = unreadable
      ? t("The browser cannot play this video. Convert it to MP4 or WebM, or use the command moue predict, which reads more formats.")
      : t("The connection to the studio ended");
  });
  return () => {
    abort.abort();
    URL.revokeObjectURL(made);
  };
}

/** Call a function at each frame while a video plays. @param {HTMLVideoElement | null} video @param {() => void} follow */
function watch(video, follow) {
  video?.requestVideoFrameCallback(() => {
    follow();
    if (!video.paused && !video.ended) watch(video, follow);
  });
}

/** @param {RecordedFrame[]} frames @param {number} time @returns {RecordedFrame | undefined} */
function frameAt(frames, time) {
  return frames[Math.min(Math.floor(time * FPS + 1e-6), frames.length - 1)];
}

/** @param {RecordedFrame[]} frames */
function tracksOf(frames) {
  /** @type {Map<number, {time: number, label: string | null}[]>} */
  const tracks = new Map();
  for (const { time, faces } of frames) {
    for (const { track, steadied } of faces) {
      const seen = tracks.get(track) ?? [];
      tracks.set(track, seen);
      seen.push({ time, label: steadied });
    }
  }
  const longest = [...tracks].sort((a, b) => b[1].length - a[1].length).slice(0, ROWS);
  return longest.sort((a, b) => a[0] - b[0]).map(([track, seen]) => ({ name: String(track), segments: segmentsOf(seen, 1 / FPS) }));
}
