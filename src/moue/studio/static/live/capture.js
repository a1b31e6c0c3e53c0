// @ts-check
/**
 * Collect frames of the camera into a class while a key or a button is held. All frames between the
 * start of the camera and its stop, or the button "New session", are one sitting; the server makes each sitting one group.
 */

const INTERVAL = 200;
const JPEG_QUALITY = 0.92;
/** Frames that may be on the way to the server at once; more are left out. */
const LIMIT = 3;

/** Return a name for a new sitting, such as `sitting-20261126-234501-k3f9`. */
export function newSitting(now = new Date()) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `sitting-${day}-${time}-${Math.random().toString(36).slice(2, 6).padEnd(4, "0")}`;
}

/**
 * @typedef {object} Captured
 * @property {string} label
 * @property {string} sample Name of the new picture.
 * @property {string | null} mouth Name of its mouth; null if no usable mouth was found.
 * @property {string | null} reason Drop reason, if there is no mouth.
 * @property {"written" | "queued"} state `queued` while another command uses the workspace.
 */

/** Captures frames of a video element while a label is held. */
export class Capturer {
  /**
   * @param {HTMLVideoElement} video
   * @param {(jpeg: Blob, label: string, sitting: string) => Promise<Omit<Captured, "label">>} send
   * @param {{captured: (one: Captured) => void, failed: (error: Error) => void, sending: (frames: number) => void}} events
   */
  constructor(video, send, events) {
    this.video = video;
    this.send = send;
    this.events = events;
    this.sitting = newSitting();
    this.canvas = new OffscreenCanvas(2, 2);
    this.running = 0;
    /** @type {string | null} */
    this.label = null;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /**
   * Capture one frame now and one every fifth of a second until `release`.
   * @param {string} label
   */
  hold(label) {
    if (this.label === label) return;
    this.release();
    this.label = label;
    this.take();
    this.timer = setInterval(() => this.take(), INTERVAL);
  }

  release() {
    clearInterval(this.timer);
    this.label = null;
  }

  async take() {
    const { video, canvas, label, sitting } = this;
    if (!label || this.running >= LIMIT || !video.videoWidth) return;
    this.events.sending((this.running += 1));
    try {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.drawImage(video, 0, 0);
      const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
      this.events.captured({ label, ...(await this.send(jpeg, label, sitting)) });
    } catch (error) {
      this.release();
      this.events.failed(/** @type {Error} */ (error));
    } finally {
      this.events.sending((this.running -= 1));
    }
  }

  newSitting() {
    this.sitting = newSitting();
  }
}
