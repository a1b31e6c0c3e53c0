// @ts-check
/**
 * The live loop: the newest frame of a video goes to the server as one JPEG, and the next frame is
 * taken only when the answer has come. Frames in between are dropped, so the delay stays small.
 */

const JPEG_QUALITY = 0.8;
/** Time over which the frame rate and the delay are measured, in milliseconds. */
const WINDOW = 2000;

/**
 * @typedef {object} LiveFace
 * @property {number} track Number of the track.
 * @property {number[]} box Face box (left, top, right, bottom) in pixels of the frame.
 * @property {number[] | null} lips Lip box, in the same form.
 * @property {string | null} label Label of this frame alone; null if the model abstains.
 * @property {string | null} steadied Label smoothed over time.
 * @property {Record<string, number>} probabilities Smoothed probability of each label.
 * @property {number} roll Rotation of the head in degrees.
 *
 * @typedef {object} LiveAnswer
 * @property {number} frame
 * @property {number} width
 * @property {number} height
 * @property {LiveFace[]} faces
 * @property {number} ms Time that the server needed, in milliseconds.
 * @property {string} [error] Why the server could not read the frame.
 *
 * @typedef {object} LiveRate
 * @property {number} fps Frames per second that were answered and drawn.
 * @property {number} delay Median time from the camera's frame to its drawing, in milliseconds.
 * @property {number} server Median time that the server needed, in milliseconds.
 * @property {number} frames Number of drawn frames since the start.
 * @property {number} dropped Number of frames that were left out since the start.
 */

/** Measures the frame rate and the delay over the last two seconds. */
export class RateMeter {
  constructor() {
    /** @type {{at: number, delay: number, server: number}[]} */
    this.recent = [];
    this.frames = 0;
    this.dropped = 0;
  }

  /**
   * @param {number} at Time of the drawing, in milliseconds.
   * @param {number} delay Time since the frame of the camera, in milliseconds.
   * @param {number} server Time that the server needed, in milliseconds.
   */
  add(at, delay, server) {
    this.frames += 1;
    this.recent.push({ at, delay, server });
    while (this.recent.length > 2 && at - this.recent[0].at > WINDOW) this.recent.shift();
  }

  /** @returns {LiveRate} */
  read() {
    const { recent } = this;
    const span = recent.length > 1 ? recent[recent.length - 1].at - recent[0].at : 0;
    return {
      fps: span ? ((recent.length - 1) * 1000) / span : 0,
      delay: median(recent.map((one) => one.delay)),
      server: median(recent.map((one) => one.server)),
      frames: this.frames,
      dropped: this.dropped,
    };
  }
}

/** @param {number[]} values */
export function median(values) {
  if (!values.length) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * @typedef {object} LoopEvents
 * @property {(frame: OffscreenCanvas, answer: LiveAnswer, rate: RateMeter) => void} drawn
 *   A frame came back with its faces. The canvas is reused after the call.
 * @property {(reason: "closed" | "refused") => void} lost The server closed the connection.
 */

/** Sends the frames of one video element to the server until it is stopped. */
export class FrameLoop {
  /**
   * @param {HTMLVideoElement} video Playing video.
   * @param {string} address Address of the WebSocket.
   * @param {LoopEvents} events
   */
  constructor(video, address, events) {
    this.video = video;
    this.events = events;
    this.rate = new RateMeter();
    this.stopped = false;
    this.waiting = false;
    /** @type {{capturedAt: number, presented: number} | null} */
    this.newest = null;
    this.lastPresented = 0;
    this.canvas = new OffscreenCanvas(2, 2);
    const context = this.canvas.getContext("2d", { alpha: false });
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (context);
    this.socket = new WebSocket(address);
    this.opened = false;
    this.socket.addEventListener("open", () => {
      this.opened = true;
      this.advance();
    });
    this.socket.addEventListener("message", (event) => this.answered(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      if (!this.stopped) this.events.lost(this.opened ? "closed" : "refused");
      this.stop();
    });
    this.watch();
  }

  /** Remember each presented frame of the camera as the newest one. */
  watch() {
    this.video.requestVideoFrameCallback((now, frame) => {
      if (this.stopped) return;
      this.newest = { capturedAt: frame.captureTime ?? now, presented: frame.presentedFrames };
      this.advance();
      this.watch();
    });
  }

  /** Send the newest frame, unless an answer is awaited or the frame was sent before. */
  async advance() {
    const { newest, video, canvas } = this;
    if (!newest || this.waiting || this.stopped || this.socket.readyState !== WebSocket.OPEN) return;
    this.waiting = true;
    this.newest = null;
    this.sent = newest;
    if (this.lastPresented) this.rate.dropped += newest.presented - this.lastPresented - 1;
    this.lastPresented = newest.presented;
    if (canvas.width !== video.videoWidth || canvas.height !== video.videoHeight) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
    }
    this.context.drawImage(video, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
    if (!this.stopped) this.socket.send(blob);
  }

  /** @param {LiveAnswer} answer */
  answered(answer) {
    if (this.stopped || !this.sent) return;
    const now = performance.now();
    this.rate.add(now, now - this.sent.capturedAt, answer.ms ?? 0);
    this.events.drawn(this.canvas, answer, this.rate);
    this.waiting = false;
    this.advance();
  }

  stop() {
    this.stopped = true;
    this.newest = null;
    this.socket.close();
  }
}
