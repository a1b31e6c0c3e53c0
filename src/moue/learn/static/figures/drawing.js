// @ts-check
/** Canvases, colours of the theme, and drawing at the width of the page. */
import { h } from "./elements.js";

/**
 * Call `draw` with the width of an element now and whenever it changes, and when the theme changes.
 * @param {HTMLElement} element @param {(width: number) => void} draw
 * @returns {() => void} function that stops it
 */
export function responsive(element, draw) {
  let width = 0;
  const size = new ResizeObserver(() => {
    const now = Math.floor(element.clientWidth);
    if (now && now !== width) draw((width = now));
  });
  size.observe(element);
  const again = () => width && draw(width);
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", again);
  const theme = new MutationObserver(again);
  const options = { attributes: true, attributeFilter: ["data-theme", "data-md-color-scheme"] };
  theme.observe(document.documentElement, options);
  theme.observe(document.body, options);
  return () => {
    size.disconnect();
    theme.disconnect();
    media.removeEventListener("change", again);
  };
}

/** Return the value of a colour variable such as `--f-a`. @param {Element} element @param {string} name */
export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** Return a CSS colour as [r, g, b]. @param {Element} element @param {string} name */
export function rgb(element, name) {
  const hex = colour(element, name).replace("#", "");
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/**
 * Make a canvas that is sharp on every screen.
 * @param {string} label what the canvas shows, for screen readers
 */
export function canvas(label) {
  const element = h("canvas", { role: "img", "aria-label": label, class: "mf-canvas" });
  return {
    element,
    /** @param {number} width @param {number} height CSS pixels @returns {CanvasRenderingContext2D} */
    size(width, height) {
      const ratio = Math.min(3, devicePixelRatio || 1);
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
      const pen = element.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      return pen;
    },
  };
}

/**
 * Return pixels as a canvas of their own size.
 * @param {ArrayLike<number>} pixels (H, W) grey or (H, W, 3) RGB, 0 to 255
 * @param {number} width @param {number} height
 */
export function bitmap(pixels, width, height) {
  const element = /** @type {HTMLCanvasElement} */ (h("canvas", { width, height }));
  const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const image = pen.createImageData(width, height);
  const channels = pixels.length / (width * height);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = pixels[channels * i + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  return element;
}
