// @ts-check
/** The page: choose a source, show its faces, labels and timeline. */

import * as ort from "./runtime/ort.wasm.bundle.min.mjs";
import { Watcher } from "./live.js";
import { Moue } from "./moue.js";
import { FrameBuffer, SourceError, eachFrame, openCamera, readPicture } from "./sources.js";
import { labelName, switchLanguage, tag, termsText, text } from "./texts.js";
import { Timeline, clock } from "./timeline.js";
import { drawFrame, listFaces } from "./view.js";

/** @param {string} id @returns {any} */
const find = (id) => document.getElementById(id);
/** Seconds between two drawings of the timeline, because drawing it is slow. */
const TIMELINE_INTERVAL = 0.1;
const video = document.createElement("video");
Object.assign(video, { muted: true, playsInline: true });
const buffer = new FrameBuffer();

/** @type {Moue} */
let moue;
/** What is shown. @type {{kind: "" | "camera" | "video" | "picture", faces: import("./live.js").LiveFace[], mirrored: boolean}} */
let shown = { kind: "", faces: [], mirrored: false };
/** Text in the stage. @type {() => string} */
let message = () => text("loading", { percent: 0 });
let timeline = new Timeline();
let end = () => {};
/** Seconds of each frame of the last two seconds: when it was done, and how long it took. @type {[number, number][]} */
let times = [];
/** Second of the last drawing of the timeline. */
let drawnAt = -Infinity;

async function start() {
  fitFrame();
  translate();
  try {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: new URL("runtime/ort-wasm-simd-threaded.wasm", document.baseURI).href };
    moue = await Moue.load(ort, new URL("model/", document.baseURI), (done, total) =>
      say(() => text("loading", { percent: Math.round((100 * done) / total) })),
    );
  } catch (error) {
    return say(() => text("failed", { reason: String(error) }));
  }
  for (const id of ["camera", "picture", "video", "example"]) find(id).disabled = false;
  // Without the package of the demo pictures, the page has no example.
  find("example").hidden = !(await fetch("example.jpg").catch(() => null))?.ok;
  say(() => text("ready"));
  document.documentElement.dataset.ready = "";
  return navigator.serviceWorker?.register("sw.js").catch(() => {});
}

/** In a frame of the same site, such as the docs, show no header, and give the frame the height of the page. */
function fitFrame() {
  const frame = /** @type {HTMLElement | null} */ (window.frameElement);
  if (!frame) return;
  document.documentElement.dataset.framed = "";
  new ResizeObserver(() => (frame.style.height = `${document.body.offsetHeight}px`)).observe(document.body);
}

/** Show a text in the stage instead of a picture. @param {() => string} words */
function say(words) {
  message = words;
  find("view").hidden = true;
  find("message").hidden = false;
  translate();
}

/** Write all texts in the chosen language. */
function translate() {
  document.documentElement.lang = tag();
  for (const id of /** @type {const} */ (["language", "camera", "picture", "video", "example", "stop", "save", "private"]))
    find(id).textContent = text(id);
  find("faces-title").textContent = text("faces");
  find("timeline-title").textContent = text("timeline");
  find("errors-title").textContent = text("errors");
  find("errors-help").textContent = text("errors_help");
  find("message").textContent = message();
  find("seek").setAttribute("aria-label", text("seek"));
  find("play").textContent = text(video.paused ? "play" : "pause");
  if (!moue) return;
  const { name, terms, abstention_thresholds } = moue.description.model;
  find("model").textContent = text("model", { name });
  find("terms").textContent = text("terms", { terms: termsText(terms) });
  const select = find("errors");
  const { value } = select;
  const choices = [[0, text("any")], ...abstention_thresholds.map(([error, p]) => [p, text("share", { percent: 100 * error })])];
  select.replaceChildren(...choices.map(([p, words]) => new Option(String(words), String(p))));
  select.value = value || "0";
  find("errors").closest("section").hidden = choices.length < 2;
  show();
}

/** Draw the faces, their list and the timeline. */
function show() {
  showFaces();
  showTimeline();
}

/** Draw the picture or frame with its faces, and list them. */
function showFaces() {
  const { kind, faces, mirrored } = shown;
  if (kind) {
    find("message").hidden = true;
    find("view").hidden = false;
    drawFrame(find("view"), buffer.canvas, faces, { description: moue.description, mirrored });
  }
  listFaces(find("faces"), faces, moue.description.model);
  find("view").setAttribute("aria-label", faces.map((one) => labelName(one.label)).join(", "));
  find("no-faces").hidden = faces.length > 0;
  find("no-faces").textContent = text(kind ? "no_face" : "none_yet");
}

/** Show the timeline, the position in a video and the speed. */
function showTimeline() {
  const { kind } = shown;
  drawnAt = performance.now() / 1000;
  const moving = kind === "camera" || kind === "video";
  find("timeline-panel").hidden = !moving;
  find("player").hidden = kind !== "video";
  find("stop").hidden = !moving;
  if (!moving) return;
  timeline.draw(find("timeline"), moue.description.model, kind === "video" ? video.duration : null);
  find("seek").value = video.currentTime;
  find("clock").textContent = `${clock(video.currentTime)} / ${clock(video.duration || 0)}`;
  showSpeed();
}

const minProbability = () => Number(find("errors").value || 0);

/** End the camera, the video or the picture that is shown. */
function stop() {
  end();
  end = () => {};
  const { srcObject } = video;
  if (srcObject instanceof MediaStream) for (const track of srcObject.getTracks()) track.stop();
  video.pause();
  if (video.src) URL.revokeObjectURL(video.src);
  video.removeAttribute("src");
  video.srcObject = null;
  timeline = new Timeline();
  times = [];
  shown = { kind: "", faces: [], mirrored: false };
}

/** Follow the faces of the video element until the returned function is called. @param {"camera" | "video"} kind */
function watch(kind) {
  let watcher = new Watcher(moue, minProbability());
  let last = -1;
  let offset = 0;
  return eachFrame(video, async (time) => {
    const from = performance.now();
    if (time < last || watcher.minProbability !== minProbability()) {
      // Faces of another pass through the video get new numbers.
      if (time < last) timeline.cutFrom(time);
      offset = Math.max(0, ...timeline.rows.keys());
      watcher = new Watcher(moue, minProbability());
    }
    last = time;
    const current = end;
    const faces = await watcher.process(buffer.read(video), time);
    if (end !== current) return; // the source was changed meanwhile
    for (const one of faces) one.number += offset;
    timeline.add(faces, time);
    shown = { kind, faces, mirrored: kind === "camera" };
    showFaces();
    const now = performance.now() / 1000;
    times = [...times.filter(([at]) => now - at <= 2), [now, now - from / 1000]];
    if (now - drawnAt >= TIMELINE_INTERVAL || video.ended) showTimeline();
  });
}

/** Show the frames per second of the last two seconds. */
function showSpeed() {
  const mean = times.reduce((sum, [, spent]) => sum + spent, 0) / Math.max(1, times.length);
  const fps = times.length > 1 ? (times.length - 1) / (times[times.length - 1][0] - times[0][0]) : 0;
  find("speed").textContent = text("speed", { fps: fps.toFixed(0), ms: (1000 * mean).toFixed(0) });
  Object.assign(find("speed").dataset, { fps: fps.toFixed(1), ms: (1000 * mean).toFixed(1) });
}

async function showCamera() {
  stop();
  try {
    video.srcObject = await openCamera();
    await video.play();
    end = watch("camera");
  } catch (error) {
    complain(error);
  }
}

/** @param {File} file */
async function showVideo(file) {
  stop();
  video.src = URL.createObjectURL(file);
  try {
    await video.play();
  } catch {
    return complain(new SourceError("bad_video", { name: file.name }));
  }
  find("seek").max = video.duration;
  end = watch("video");
  return undefined;
}

/** @param {Blob} file @param {string} name */
async function showPicture(file, name) {
  stop();
  say(() => text("working"));
  try {
    const picture = await readPicture(file, name);
    const found = await moue.predict(buffer.read(picture), { minProbability: minProbability() });
    const faces = found.map((face, k) => ({ ...face, face, number: k + 1, probabilities: moue.labels.map((label) => face.probabilities[label]) }));
    shown = { kind: "picture", faces, mirrored: false };
    show();
  } catch (error) {
    complain(error);
  }
}

/** @param {unknown} error */
function complain(error) {
  stop();
  if (!(error instanceof SourceError)) console.error(error);
  say(error instanceof SourceError ? () => text(error.key, error.values) : () => text("failed", { reason: String(error) }));
}

/** @param {File | undefined} file */
function open(file) {
  if (file && moue) file.type.startsWith("video/") ? showVideo(file) : showPicture(file, file.name);
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([timeline.csv()], { type: "text/csv" }));
  link.download = "moue-timeline.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

find("camera").addEventListener("click", showCamera);
find("picture").addEventListener("click", () => find("picture-file").click());
find("video").addEventListener("click", () => find("video-file").click());
find("example").addEventListener("click", async () => showPicture(await (await fetch("example.jpg")).blob(), "example.jpg"));
find("stop").addEventListener("click", () => {
  stop();
  say(() => text("ready"));
});
for (const id of ["picture-file", "video-file"])
  find(id).addEventListener("change", (/** @type {any} */ { target }) => {
    open(target.files[0]);
    target.value = "";
  });
find("play").addEventListener("click", () => (video.paused ? video.play() : video.pause()));
find("seek").addEventListener("input", (/** @type {any} */ { target }) => (video.currentTime = Number(target.value)));
find("save").addEventListener("click", save);
find("errors").addEventListener("change", () => {
  if (shown.kind === "picture") createImageBitmap(buffer.canvas).then((one) => predictAgain(one));
});
find("language").addEventListener("click", () => {
  switchLanguage();
  translate();
});
for (const event of ["play", "pause", "ended"]) video.addEventListener(event, () => translate());
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer?.files[0]);
});
addEventListener("resize", () => moue && show());

/** Label the picture that is shown again, with another smallest probability. @param {ImageBitmap} picture */
async function predictAgain(picture) {
  const kept = shown.faces.map((one) => one.face);
  const faces = await moue.classify(buffer.read(picture), kept, { minProbability: minProbability() });
  shown.faces = shown.faces.map((one, k) => ({ ...one, face: faces[k], label: faces[k].label }));
  show();
}

start();
