// @ts-check
/** Files that a person drops on the page or pastes. */
import { useLayoutEffect } from "../vendor/preact.js";

/**
 * Take dropped and pasted files.
 * @param {(files: File[]) => void} take
 * @param {{value: boolean}} over Whether files are dragged over the page.
 */
export function useDroppedFiles(take, over) {
  useLayoutEffect(() => {
    const drag = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (/** @type {DragEvent} */ event) => {
      if (!event.relatedTarget) over.value = false;
    };
    const drop = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      over.value = false;
      take([...(event.dataTransfer?.files ?? [])]);
    };
    const paste = (/** @type {ClipboardEvent} */ event) => take([...(event.clipboardData?.files ?? [])]);
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, []);
}
