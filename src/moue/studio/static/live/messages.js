// @ts-check
/** One text for each failure of the camera: what happened, and what to do. */
import { t } from "../i18n.js";

/**
 * @param {import("./camera.js").CameraFault} fault
 * @param {string} [detail] Text of the browser.
 * @returns {{title: string, text: string}}
 */
export function cameraMessage(fault, detail = "") {
  switch (fault) {
    case "insecure":
      return {
        title: t("The camera needs a secure address"),
        text: t("Browsers give the camera only to pages on this computer. Open the studio at http://127.0.0.1 or http://localhost."),
      };
    case "refused":
      return {
        title: t("The browser refused the camera"),
        text: t("Allow the camera for this page in the address bar of the browser, then start it again. No frame leaves this computer."),
      };
    case "missing":
      return {
        title: t("No camera was found"),
        text: t("Connect a camera, then start it again. You can also drop a picture or a video here."),
      };
    case "busy":
      return {
        title: t("Another program uses the camera"),
        text: t("Close the other program or browser tab that shows the camera, then start it again."),
      };
    case "unplugged":
      return {
        title: t("The camera was disconnected"),
        text: t("Connect the camera again, or choose another camera, then start it again."),
      };
    case "unsuitable":
      return {
        title: t("The chosen camera is not available"),
        text: t("Choose another camera, then start it again."),
      };
    default:
      return { title: t("The camera did not start"), text: detail || t("The browser gave no reason.") };
  }
}
