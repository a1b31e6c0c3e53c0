// @ts-check
/** moue's perceptual hash: 32 x 32 grey, cosine transform, the 64 lowest frequencies above their median. */

export const SMALL = 32;
export const LOW = 8;

/**
 * Reduce a grey picture to 32 x 32 by averaging areas, as cv2.INTER_AREA.
 * @param {ArrayLike<number>} grey @param {number} width @param {number} height @returns {Uint8Array}
 */
export function reduce(grey, width, height) {
  const columns = shares(width);
  const rows = shares(height);
  const out = new Uint8Array(SMALL * SMALL);
  for (let j = 0; j < SMALL; j += 1) for (let i = 0; i < SMALL; i += 1) {
    let sum = 0;
    for (const [y, v] of rows[j]) for (const [x, u] of columns[i]) sum += grey[y * width + x] * u * v;
    out[j * SMALL + i] = Math.round(sum);
  }
  return out;
}

/** Pixels and weights of each of 32 equal parts. @param {number} length @returns {[number, number][][]} */
function shares(length) {
  const part = length / SMALL;
  return Array.from({ length: SMALL }, (_, n) => {
    const [start, stop] = [n * part, (n + 1) * part];
    const list = /** @type {[number, number][]} */ ([]);
    for (let i = Math.floor(start); i < Math.min(length, Math.ceil(stop - 1e-9)); i += 1) list.push([i, (Math.min(stop, i + 1) - Math.max(start, i)) / part]);
    return list;
  });
}

/** The 8 x 8 lowest frequencies of the cosine transform. @param {ArrayLike<number>} small (32, 32) @returns {Float64Array} */
export function frequencies(small) {
  const basis = Array.from({ length: LOW }, (_, k) => Array.from({ length: SMALL }, (_2, n) =>
    Math.sqrt((k ? 2 : 1) / SMALL) * Math.cos((Math.PI * (2 * n + 1) * k) / (2 * SMALL))));
  const out = new Float64Array(LOW * LOW);
  for (let u = 0; u < LOW; u += 1) for (let v = 0; v < LOW; v += 1) {
    let sum = 0;
    for (let y = 0; y < SMALL; y += 1) for (let x = 0; x < SMALL; x += 1) sum += basis[u][y] * basis[v][x] * small[y * SMALL + x];
    out[u * LOW + v] = sum;
  }
  return out;
}

/** The 64 bits of a hash. @param {ArrayLike<number>} low frequencies @returns {number[]} 0 or 1, in the order of the frequencies */
export function bits(low) {
  const rest = Array.from(low).slice(1).sort((a, b) => a - b);
  const median = rest[(rest.length - 1) / 2];
  return Array.from(low, (value) => (value > median ? 1 : 0));
}

/** @param {ArrayLike<number>} grey @param {number} width @param {number} height @returns {number[]} 64 bits */
export const hash = (grey, width, height) => bits(frequencies(reduce(grey, width, height)));

/** Number of different bits. @param {number[]} a @param {number[]} b */
export const distance = (a, b) => a.reduce((sum, bit, i) => sum + (bit === b[i] ? 0 : 1), 0);

/**
 * Change a grey picture: zoom into it, relight it, blur it, turn it, add noise.
 * @param {ArrayLike<number>} grey @param {number} width @param {number} height
 * @param {{zoom: number, light: number, turn: number, noise: number, mirror: boolean}} change zoom and light as factors, turn in degrees, noise in grey levels
 * @param {() => number} random numbers in [0, 1)
 */
export function changed(grey, width, height, { zoom, light, turn, noise, mirror }, random) {
  const out = new Uint8Array(width * height);
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    const [dx, dy] = [(mirror ? width - 1 - x : x) - (width - 1) / 2, y - (height - 1) / 2];
    const u = Math.min(width - 1, Math.max(0, Math.round(cos * dx + sin * dy + (width - 1) / 2)));
    const v = Math.min(height - 1, Math.max(0, Math.round(-sin * dx + cos * dy + (height - 1) / 2)));
    const value = grey[v * width + u] * light + (noise ? (random() + random() + random() - 1.5) * 2 * noise : 0);
    out[y * width + x] = Math.min(255, Math.max(0, Math.round(value)));
  }
  return out;
}
