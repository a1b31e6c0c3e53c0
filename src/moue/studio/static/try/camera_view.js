// @ts-check
/** The live camera: the frames with their faces, what is seen now, and the last minute. */
import { html, useEffect, useMemo, useRef } from "../vendor/preact.js";
import { Button } from "../components.js";
import { n, number, percent, t } from "../i18n.js";
import { preference } from "../prefs.js";
import { labelLook, labelText, Shares } from "../charts/label_text.js";
import { Timeline } from "../charts/timeline.js";
import { cameraMessage } from "../live/messages.js";
import { drawFaces } from "../live/overlay.js";
import { HISTORY } from "../live/track_history.js";
import { LiveSession } from "../live/session.js";

/** Whether the picture is shown as in a mirror. */
export const mirrored = preference("mirrored", true);

/** Address of the WebSocket of the server that gave this page. */
export const LIVE_ADDRESS = () => new URL("api/v1/live", location.href.replace(/^http/, "ws").replace(/[?#].*$/, "")).href;

/**
 * Return a live session that draws on a canvas, and end it with the component.
 * @param {{current: HTMLCanvasElement | null}} canvas
 */
export function useLiveSession(canvas) {
  const session = useMemo(
    () =>
      new LiveSession(LIVE_ADDRESS(), (frame, answer) => {
        if (!canvas.current) return;
        const faces = answer.faces.map((face) => drawnFace(face));
        drawFaces(canvas.current, frame, answer, faces, mirrored.value);
      }),
    [],
  );
  useEffect(() => {
    session.start();
    return () => session.stop();
  }, []);
  return session;
}

/** How a face is drawn. @param {import("../live/frame_loop.js").LiveFace} face */
export function drawnFace(face) {
  const label = face.steadied;
  const share = label ? face.probabilities[label] : Math.max(...Object.values(face.probabilities));
  return {
    box: face.box,
    lips: face.lips,
    text: `${face.track}  ${labelText(label)} ${percent(share)}`,
    ...labelLook(label),
  };
}

/**
 * @param {{session: LiveSession, canvas: {current: HTMLCanvasElement | null}}} props
 */
export function CameraStage({ session, canvas }) {
  const state = session.state.value;
  const fault = session.fault.value;
  return html`<div class="stage camera">
    <canvas ref=${canvas} class=${state === "running" ? "" : "idle"} role="img" aria-label=${t("Live picture of the camera with the faces that were found")}></canvas>
    ${state === "starting" && html`<p class="stage-note">${t("Starting the camera…")}</p>`}
    ${state === "paused" && html`<p class="stage-note">${t("Paused while this page is hidden")}</p>`}
    ${fault && html`<${Fault} fault=${fault} retry=${() => session.start()} />`}
  </div>`;
}

/** @param {{fault: import("../live/session.js").SessionFault, retry: () => void}} props */
function Fault({ fault, retry }) {
  const { title, text } =
    fault.fault === "server"
      ? { title: t("The connection to the studio ended"), text: t("Check that moue studio is still running, then start the camera again.") }
      : cameraMessage(fault.fault, fault.detail);
  return html`<div class="stage-fault" role="alert">
    <h2>${title}</h2>
    <p>${text}</p>
    <${Button} kind="primary" onClick=${retry}>${t("Start again")}<//>
  </div>`;
}

/** What the camera sees now: one card for each face. @param {{session: LiveSession}} props */
export function LiveFaces({ session }) {
  const faces = session.faces.value;
  return html`<section class="panel live-faces" aria-label=${t("Faces")}>
    <header><h2>${faces.length ? n("{n} face", "{n} faces", faces.length) : t("No face yet")}</h2></header>
    ${faces.slice(0, 4).map(
      (face) => html`<div class="live-face" key=${face.track}>
        <p><span class="track">${face.track}</span><strong>${labelText(face.steadied)}</strong></p>
        <${Shares} probabilities=${face.probabilities} />
      </div>`,
    )}
    ${!faces.length && html`<p class="muted">${t("Look into the camera. Good light from the front helps.")}</p>`}
  </section>`;
}

/** Frame rate and delay. @param {{session: LiveSession}} props */
export function LiveNumbers({ session }) {
  const rate = session.rate.value;
  const one = (/** @type {number | undefined} */ value, digits = 0) =>
    value === undefined ? "–" : number(value, { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return html`<dl class="live-numbers">
    <div><dt>${t("frames per second")}</dt><dd data-live="fps">${one(rate?.fps, 1)}</dd></div>
    <div><dt>${t("delay in ms")}</dt><dd data-live="delay">${one(rate?.delay)}</dd></div>
    <div><dt>${t("model in ms")}</dt><dd data-live="server">${one(rate?.server, 1)}</dd></div>
    <div><dt>${t("frames left out")}</dt><dd data-live="dropped">${one(rate?.dropped)}</dd></div>
    <div><dt>${t("picture size")}</dt><dd>${session.size.value || "–"}</dd></div>
  </dl>`;
}

/** The smoothed labels of the last minute. @param {{session: LiveSession}} props */
export function LiveTimeline({ session }) {
  void session.rate.value; // rendered again with the numbers
  const { history } = session;
  const end = history.now / 1000;
  const rows = [...history.tracks].slice(-6).map(([track, segments]) => ({
    name: String(track),
    segments: segments.map((one) => ({ ...one, start: one.start / 1000, end: one.end / 1000 })),
  }));
  return html`<section class="panel live-timeline" aria-label=${t("Last minute")}>
    <header><h2>${t("Last minute")}</h2><span class="muted small-text">${t("smoothed labels")}</span></header>
    ${rows.length
      ? html`<${Timeline} rows=${rows} start=${end - HISTORY / 1000} end=${end} />`
      : html`<p class="muted">${t("The label of each face over time appears here.")}</p>`}
  </section>`;
}
