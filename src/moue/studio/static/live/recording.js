// @ts-check
/**
 * Predict a video file: the browser decodes it, and its frames go to the server one after another
 * over the same connection as those of a camera. The file itself stays in the browser.
 */

/** Frames per second that are predicted. */
export const FPS = 10;
/** Distance from the start of a frame, in seconds, so that rounding does not give the one before. */
const INSIDE = 0.001;
const JPEG_QUALITY = 0.9;
/** Largest side of a frame that is sent, in pixels. */
const MAX_SIDE = 1280;

/** A video that cannot be read, or a connection that ended. */
export class RecordingError extends Error {
  /** @param {"unreadable" | "lost"} fault */
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * @typedef {{time: number, faces: import("./frame_loop.js").LiveFace[]}} RecordedFrame
 *   Faces at a time in seconds; boxes are in pixels of the video.
 */

/**
 * Predict the frames of a video in order.
 *
 * @param {string} url Object URL of the file.
 * @param {string} address Address of the WebSocket, without a query.
 * @param {AbortSignal} signal Ends the work.
 * @param {(frame: RecordedFrame, duration: number) => void} add Receives each frame.
 * @throws {RecordingError}
 */
export async function predictRecording(url, address, signal, add) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  const ready = once(video, "loadeddata", signal);
  video.src = url;
  await ready;
  if (!video.videoWidth) throw new RecordingError("unreadable");
  const duration = await lengthOf(video, signal);
  const scale = Math.min(1, MAX_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = new OffscreenCanvas(Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  const socket = new WebSocket(`${address}?fps=${FPS}`);
  try {
    await once(socket, "open", signal);
    for (let number = 0; number / FPS < duration && !signal.aborted; number += 1) {
      const time = number / FPS;
      await seek(video, time + INSIDE, signal);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      socket.send(await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY }));
      const { data } = /** @type {MessageEvent} */ (await once(socket, "message", signal));
      add({ time, faces: JSON.parse(data).faces.map((/** @type {any} */ face) => enlarged(face, 1 / scale)) }, duration);
    }
  } finally {
    socket.close();
    video.removeAttribute("src");
  }
}

/** @param {HTMLVideoElement} video @param {AbortSignal} signal */
async function lengthOf(video, signal) {
  // A recording of a browser has no length in its head; it is known at the end.
  if (!Number.isFinite(video.duration)) await seek(video, 1e7, signal);
  return Number.isFinite(video.duration) ? video.duration : video.currentTime;
}

/** @param {HTMLVideoElement} video @param {number} time @param {AbortSignal} signal */
async function seek(video, time, signal) {
  // Also to the time where it stands: before its first seek, Chromium may draw an empty frame.
  const there = once(video, "seeked", signal);
  video.currentTime = time;
  await there;
}

/**
 * Wait for an event of a video or socket.
 * @param {EventTarget} target @param {string} name @param {AbortSignal} signal
 * @returns {Promise<Event>}
 */
function once(target, name, signal) {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const end = (/** @type {() => void} */ settle) => {
      done.abort();
      settle();
    };
    const options = { signal: done.signal };
    target.addEventListener(name, (event) => end(() => resolve(event)), options);
    target.addEventListener("error", () => end(() => reject(new RecordingError(target instanceof WebSocket ? "lost" : "unreadable"))), options);
    target.addEventListener("close", () => end(() => reject(new RecordingError("lost"))), options);
    signal.addEventListener("abort", () => end(() => reject(new DOMException("stopped", "AbortError"))), options);
  });
}

/** @param {any} face @param {number} factor */
function enlarged(face, factor) {
  const box = (/** @type {number[] | null} */ one) => one && one.map((value) => value * factor);
  return { ...face, box: box(face.box), lips: box(face.lips) };
}
