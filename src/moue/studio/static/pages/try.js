// @ts-check
/** Try the model: pictures, a video, or the live camera. */
import { html, useMemo, useRef, useSignal } from "../vendor/preact.js";
import { post, state } from "../api.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useKeys } from "../keys.js";
import { route, setQuery } from "../router.js";
import { CameraStage, LiveFaces, LiveNumbers, LiveTimeline, mirrored, useLiveSession } from "../try/camera_view.js";
import { CapturePanel } from "../try/capture_panel.js";
import { useDroppedFiles } from "../try/dropped_files.js";
import { Pictures } from "../try/pictures.js";
import { Video } from "../try/video.js";

/** Pictures that stay in memory; older ones are forgotten. */
const KEPT = 24;
/** Largest picture that the server takes, in bytes. */
const PICTURE_LIMIT = 32 << 20;

let lastId = 0;

/** The page. */
export function Try() {
  const camera = route.value.query.get("camera") === "on";
  /** @type {{value: import("../try/pictures.js").Tried[]}} */
  const tried = useSignal([]);
  const chosen = useSignal(0);
  /** @type {{value: File | null}} */
  const video = useSignal(null);
  const over = useSignal(false);
  const chooser = useRef(/** @type {HTMLInputElement | null} */ (null));
  const setCamera = (/** @type {boolean} */ open) => setQuery({ camera: open ? "on" : null });

  const take = useMemo(() => (/** @type {File[]} */ files) => {
    if (!files.length) return;
    setCamera(false);
    takeFiles(files, tried, chosen, video);
  }, []);
  useDroppedFiles(take, over);
  useKeys(t("Try"), [
    { keys: ["o"], text: t("Choose files"), run: () => chooser.current?.click() },
    { keys: ["c"], text: t("Start or stop the camera"), run: () => setCamera(route.value.query.get("camera") !== "on") },
  ]);

  const open = () => chooser.current?.click();
  return html`<div class="page try ${over.value ? "drop-over" : ""}">
    <div class="page-title">
      <h1>${t("Try")}</h1>
      <${ModelName} />
      <${Button} icon="upload" hint="o" onClick=${open}>${t("Choose files")}<//>
      <${Button} icon=${camera ? "stop" : "camera"} hint="c" kind=${camera ? "" : "primary"} onClick=${() => setCamera(!camera)}>
        ${camera ? t("Stop the camera") : t("Start the camera")}<//>
      <input ref=${chooser} type="file" hidden multiple accept="image/*,video/*,.heic,.heif,.mkv,.avi"
        onChange=${(/** @type {any} */ event) => { take([...event.currentTarget.files]); event.currentTarget.value = ""; }} />
    </div>
    <div class="try-body">${content()}</div>
  </div>`;

  function content() {
    if (camera) return html`<${Camera} />`;
    if (video.value) return html`<${Video} file=${video.value} close=${() => (video.value = null)} />`;
    if (tried.value.length) {
      return html`<${Pictures} tried=${tried.value} chosen=${chosen.value} choose=${(/** @type {number} */ index) => (chosen.value = index)} clear=${() => (tried.value = [])} />`;
    }
    return html`<${DropZone} open=${open} />`;
  }
}

/** @param {{open: () => void}} props */
function DropZone({ open }) {
  return html`<button type="button" class="drop-zone" onClick=${open}>
    <${Icon} name="upload" />
    <strong>${t("Drop pictures or a video here")}</strong>
    <span>${t("or paste a picture, or choose files. Nothing leaves this computer, and nothing is kept.")}</span>
  </button>`;
}

function ModelName() {
  const model = state.value?.model;
  if (!model) return null;
  return html`<span class="muted model-name">${t("Model: {name}", { name: model.name })}</span>`;
}

function Camera() {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const session = useLiveSession(canvas);
  const cameras = session.cameras.value;
  useKeys(t("Camera"), [{ keys: ["m"], text: t("Mirror the picture"), run: () => (mirrored.value = !mirrored.value) }]);
  return html`<div class="try-main">
      <${CameraStage} session=${session} canvas=${canvas} />
      <div class="camera-bar">
        <${LiveNumbers} session=${session} />
        <label class="check"><input type="checkbox" checked=${mirrored.value} onChange=${() => (mirrored.value = !mirrored.value)} />${t("Mirror")}</label>
        ${cameras.length > 1 && html`<select class="select" aria-label=${t("Camera")} value=${session.deviceId} onChange=${(/** @type {any} */ event) => session.start(event.currentTarget.value)}>
          ${cameras.map((one, index) => html`<option key=${one.id} value=${one.id}>${one.name || t("Camera {n}", { n: index + 1 })}</option>`)}
        </select>`}
      </div>
      <${LiveTimeline} session=${session} />
    </div>
    <aside class="try-side">
      <${LiveFaces} session=${session} />
      <${CapturePanel} session=${session} />
    </aside>`;
}

/**
 * Send pictures one after another; a video replaces what is shown.
 * @param {File[]} files
 * @param {{value: import("../try/pictures.js").Tried[]}} tried
 * @param {{value: number}} chosen
 * @param {{value: File | null}} video
 */
async function takeFiles(files, tried, chosen, video) {
  const movie = files.find((file) => file.type.startsWith("video/") || /\.(mkv|avi|mov|mp4|webm)$/i.test(file.name));
  if (movie) {
    video.value = movie;
    return;
  }
  video.value = null;
  const added = files.slice(0, KEPT).map((file) => ({ id: (lastId += 1), name: file.name || t("pasted picture"), file }));
  tried.value = [...added, ...tried.value].slice(0, KEPT);
  chosen.value = 0;
  for (const { id, file } of added) {
    const done = await predict(file);
    tried.value = tried.value.map((one) => (one.id === id ? { ...one, ...done } : one));
  }
}

/** @param {File} file */
async function predict(file) {
  if (file.size > PICTURE_LIMIT) return { error: new Error(t("{name} is larger than 32 MB.", { name: file.name })) };
  try {
    // Without its type: the server looks at the bytes, and says what the file is.
    const answer = await post("predict", new Blob([file]));
    if (answer.error) return { answer };
    // The picture of the server: it also reads formats that the browser does not show.
    return { answer, picture: await createImageBitmap(answer.image ? await loaded(answer.image) : file) };
  } catch (error) {
    return { error: /** @type {Error} */ (error) };
  }
}

/** Decode a data URL; the content security policy forbids to fetch it. @param {string} url */
async function loaded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
