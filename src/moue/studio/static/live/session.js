// @ts-check
/** A live session: the camera, the loop of frames and the history of labels, for one page. */
import { batch, signal } from "../vendor/preact.js";
import { CameraError, closeCamera, listCameras, onUnplugged, openCamera } from "./camera.js";
import { FrameLoop } from "./frame_loop.js";
import { TrackHistory } from "./track_history.js";

/** Time between two updates of the numbers beside the picture, in milliseconds. */
const SHOWN_EVERY = 250;

/**
 * @typedef {"off" | "starting" | "running" | "paused" | "failed"} SessionState
 * @typedef {{fault: import("./camera.js").CameraFault | "server", detail: string}} SessionFault
 */

export class LiveSession {
  /**
   * @param {string} address Address of the WebSocket.
   * @param {(frame: OffscreenCanvas, answer: import("./frame_loop.js").LiveAnswer) => void} draw
   */
  constructor(address, draw) {
    this.address = address;
    this.draw = draw;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    /** @type {{value: SessionState}} */
    this.state = signal("off");
    /** @type {{value: SessionFault | null}} */
    this.fault = signal(null);
    /** @type {{value: import("./frame_loop.js").LiveRate | null}} */
    this.rate = signal(null);
    /** @type {{value: import("./frame_loop.js").LiveFace[]}} */
    this.faces = signal([]);
    /** @type {{value: {id: string, name: string}[]}} */
    this.cameras = signal([]);
    /** @type {{value: string}} */
    this.size = signal("");
    this.history = new TrackHistory();
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {FrameLoop | null} */
    this.loop = null;
    this.deviceId = "";
    this.shownAt = 0;
    this.attempt = 0;
    this.onVisibility = () => (document.hidden ? this.pause() : this.wake());
  }

  /** Open the camera and start the loop. @param {string} [deviceId] */
  async start(deviceId = this.deviceId) {
    this.close();
    const attempt = (this.attempt += 1);
    this.deviceId = deviceId;
    batch(() => {
      this.state.value = "starting";
      this.fault.value = null;
    });
    try {
      const stream = await openCamera(deviceId);
      if (attempt !== this.attempt) return closeCamera(stream);
      this.stream = stream;
      onUnplugged(stream, () => this.stream === stream && this.fail("unplugged"));
      this.video.srcObject = stream;
      await this.video.play();
      if (attempt !== this.attempt) return;
      this.history.restart();
      this.loop = new FrameLoop(this.video, this.address, {
        drawn: (frame, answer, rate) => this.drawn(frame, answer, rate),
        lost: (reason) => this.fail("server", reason),
      });
      this.state.value = "running";
      document.addEventListener("visibilitychange", this.onVisibility);
      this.cameras.value = await listCameras();
      // Every browser fires this event when a camera is plugged in or out.
      navigator.mediaDevices.ondevicechange = async () => (this.cameras.value = await listCameras());
    } catch (error) {
      if (attempt !== this.attempt) return;
      if (error instanceof CameraError) this.fail(error.fault, error.detail);
      else this.fail("unknown", String(error));
    }
  }

  /**
   * @param {OffscreenCanvas} frame
   * @param {import("./frame_loop.js").LiveAnswer} answer
   * @param {import("./frame_loop.js").RateMeter} rate
   */
  drawn(frame, answer, rate) {
    const now = performance.now();
    this.history.add(now, answer.faces);
    this.draw(frame, answer);
    if (now - this.shownAt < SHOWN_EVERY) return;
    this.shownAt = now;
    batch(() => {
      this.rate.value = rate.read();
      this.faces.value = answer.faces;
      this.size.value = `${answer.width} × ${answer.height}`;
    });
  }

  /** Stop the camera because the page is hidden; it starts again when the page is shown. */
  pause() {
    if (this.state.value !== "running") return;
    this.close();
    this.state.value = "paused";
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  wake() {
    if (this.state.value === "paused") this.start();
  }

  stop() {
    this.close();
    this.state.value = "off";
  }

  /** @param {SessionFault["fault"]} fault @param {string} [detail] */
  fail(fault, detail = "") {
    this.close();
    batch(() => {
      this.state.value = "failed";
      this.fault.value = { fault, detail };
    });
  }

  close() {
    this.attempt += 1;
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.loop?.stop();
    this.loop = null;
    closeCamera(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.faces.value = [];
    this.rate.value = null;
  }
}
