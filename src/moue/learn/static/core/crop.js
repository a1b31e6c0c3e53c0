// @ts-check
/** The square around a mouth at the border of a picture: moved, as in the tutorial, or padded. */
import { round } from "./cascade.js";

export const SCALE = 1.5;

/**
 * The tutorial's square: moved into the picture.
 * @param {number[]} lips left, top, right, bottom @param {number} width @param {number} height
 * @param {boolean} byWidth limit y by the width, as the copy in the tutorial's test program does
 * @returns {[number, number, number]} left, top, side
 */
export function movedSquare([left, top, right, bottom], width, height, byWidth) {
  const side = SCALE * Math.max(right - left, bottom - top);
  /** @param {number} start @param {number} size @param {number} length @param {number} limit */
  const moved = (start, size, length, limit) => {
    const margin = (side - size) / 2;
    if (start >= margin && start + size + margin < length) return start - margin;
    return start < margin ? 0 : limit - side;
  };
  return [moved(left, right - left, width, width), moved(top, bottom - top, height, byWidth ? width : height), side];
}

/** Indices of a Python slice. @param {number} start @param {number} stop @param {number} length @returns {[number, number]} */
export function slice(start, stop, length) {
  /** @param {number} index */
  const place = (index) => Math.max(0, Math.min(length, index < 0 ? index + length : index));
  return [place(Math.trunc(start)), Math.max(place(Math.trunc(start)), place(Math.trunc(stop)))];
}

/**
 * The part of a picture that the tutorial takes, as rows and columns; it may be empty.
 * @param {[number, number, number]} square @param {number} width @param {number} height
 */
export function movedCrop([x, y, side], width, height) {
  return { rows: slice(y, y + side, height), columns: slice(x, x + side, width) };
}

/** moue's square: always centred on the lips. @param {number[]} lips @returns {[number, number, number]} left, top, side in whole pixels */
export function centredSquare([left, top, right, bottom]) {
  const half = (SCALE * Math.max(right - left, bottom - top)) / 2;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const side = Math.max(1, round(x + half - (x - half)));
  return [round(x - side / 2), round(y - side / 2), side];
}

/**
 * Copy a square; pixels outside the picture repeat its border.
 * @param {Uint8Array} pixels (H, W, 3) @param {number} stride width of the stored picture
 * @param {number} width @param {number} height part of the picture that exists
 * @param {[number, number, number]} square left, top, side
 */
export function padded(pixels, stride, width, height, [left, top, side]) {
  const out = new Uint8Array(side * side * 3);
  for (let j = 0; j < side; j += 1) {
    const y = Math.min(height - 1, Math.max(0, top + j));
    for (let i = 0; i < side; i += 1) {
      const x = Math.min(width - 1, Math.max(0, left + i));
      for (let c = 0; c < 3; c += 1) out[3 * (j * side + i) + c] = pixels[3 * (y * stride + x) + c];
    }
  }
  return out;
}

/** Distance between the centres of lips and square, in sides of the square. @param {number[]} lips @param {[number, number, number]} square */
export function offset([left, top, right, bottom], [x, y, side]) {
  return Math.hypot((left + right) / 2 - x - side / 2, (top + bottom) / 2 - y - side / 2) / side;
}
