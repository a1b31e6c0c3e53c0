// @ts-check
/** The camera: opens it, names its failures, and closes it when the page is hidden. */

/**
 * Why the camera gives no pictures.
 * @typedef {"insecure" | "refused" | "missing" | "busy" | "unplugged" | "unsuitable" | "unknown"} CameraFault
 */

/** A camera that could not be opened, or that stopped. */
export class CameraError extends Error {
  /**
   * @param {CameraFault} fault Kind of the failure; the page has one text for each.
   * @param {string} [detail] Text of the browser, for a failure without a text of its own.
   */
  constructor(fault, detail = "") {
    super(detail || fault);
    this.fault = fault;
    this.detail = detail;
  }
}

/** @type {Record<string, CameraFault>} */
const FAULTS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
  OverconstrainedError: "unsuitable",
};

/**
 * Open a camera.
 *
 * @param {string} [deviceId] Identifier of the camera; the default camera if empty.
 * @param {{width: number, height: number}} [size] Preferred size of a frame in pixels.
 * @returns {Promise<MediaStream>}
 * @throws {CameraError} The browser gives no camera.
 */
export async function openCamera(deviceId = "", size = { width: 640, height: 480 }) {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw new CameraError("insecure");
  /** @type {MediaTrackConstraints} */
  const video = {
    width: { ideal: size.width },
    height: { ideal: size.height },
    frameRate: { ideal: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" }),
  };
  try {
    return await devices.getUserMedia({ video, audio: false });
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    throw new CameraError(FAULTS[name] ?? "unknown", message);
  }
}

/**
 * List the cameras. Their names are empty until the person has allowed the camera once.
 * @returns {Promise<{id: string, name: string}[]>}
 */
export async function listCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.();
  return (devices ?? [])
    .filter((device) => device.kind === "videoinput")
    .map((device) => ({ id: device.deviceId, name: device.label }));
}

/**
 * Call a function when the camera is unplugged. Stopping a track by `closeCamera` does not count.
 * @param {MediaStream} stream
 * @param {() => void} gone
 */
export function onUnplugged(stream, gone) {
  for (const track of stream.getVideoTracks()) track.addEventListener("ended", gone, { once: true });
}

/** @param {MediaStream | null} stream */
export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
