// @ts-check
/** The camera, pictures and videos, as frames on a canvas. */

/** Longest side of a frame in pixels; a larger picture is reduced. */
const LONGEST = { picture: 4096, video: 1920 };

/** A source that cannot be used; `key` names its text. */
export class SourceError extends Error {
  /** @param {"insecure" | "refused" | "missing" | "busy" | "camera_failed" | "bad_picture" | "bad_video"} key @param {Record<string, string>} [values] */
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/** @type {Record<string, "refused" | "missing" | "busy">} */
const FAULTS = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", NotReadableError: "busy", AbortError: "busy" };

/** Open the camera at 640 x 480. @returns {Promise<MediaStream>} */
export async function openCamera() {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw new SourceError("insecure");
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: "user" };
  try {
    return await devices.getUserMedia({ video, audio: false });
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    throw FAULTS[name] ? new SourceError(FAULTS[name]) : new SourceError("camera_failed", { reason: message });
  }
}

/** A canvas from which pixels are read often. */
export class FrameBuffer {
  canvas = document.createElement("canvas");
  context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false, willReadFrequently: true }));

  /**
   * Draw a picture or a frame of a video, and return its pixels.
   * @param {ImageBitmap | HTMLVideoElement} source
   */
  read(source) {
    const isVideo = source instanceof HTMLVideoElement;
    const [width, height] = isVideo ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
    const scale = Math.min(1, LONGEST[isVideo ? "video" : "picture"] / Math.max(width, height));
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    if (this.canvas.width !== size.width || this.canvas.height !== size.height) Object.assign(this.canvas, size);
    this.context.drawImage(source, 0, 0, size.width, size.height);
    return this.context.getImageData(0, 0, size.width, size.height);
  }
}

/** Decode a picture file; it is turned upright. @param {Blob} file @param {string} name */
export async function readPicture(file, name) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new SourceError("bad_picture", { name });
  }
}

/**
 * Call a function with each new frame of a video, but never before it has finished the last one.
 * @param {HTMLVideoElement} video
 * @param {(time: number) => Promise<void>} work Gets the time of the frame in seconds.
 * @returns {() => void} Function that ends the loop.
 */
export function eachFrame(video, work) {
  let ended = false;
  const next = () => {
    if (ended) return;
    if (typeof video.requestVideoFrameCallback === "function") video.requestVideoFrameCallback((_, { mediaTime }) => step(mediaTime));
    else requestAnimationFrame(() => step(video.currentTime));
  };
  const step = async (/** @type {number} */ time) => {
    if (!ended && video.videoWidth) await work(time);
    next();
  };
  next();
  return () => {
    ended = true;
  };
}
