// @ts-check
/** RandomResizedCrop and RandomHorizontalFlip, as torchvision and moue's recipe `classic`. */

export const ATTEMPTS = 10;

/**
 * @typedef {object} Draw
 * @property {number} top @property {number} left @property {number} height @property {number} width
 * @property {boolean} flip
 */

/**
 * Draw a crop from random numbers in [0, 1): 10 for the area, 10 for the shape, top, left, flip.
 * @param {number[]} numbers 23 random numbers @param {number} side side of the picture
 * @param {[number, number]} scale smallest and largest share of the area
 * @param {[number, number]} ratio smallest and largest width divided by height
 * @returns {Draw}
 */
export function draw(numbers, side, scale, ratio) {
  let [height, width] = [side, side];
  for (let i = 0; i < ATTEMPTS; i += 1) {
    const area = side * side * (scale[0] + numbers[i] * (scale[1] - scale[0]));
    const shape = Math.exp(Math.log(ratio[0]) + numbers[ATTEMPTS + i] * (Math.log(ratio[1]) - Math.log(ratio[0])));
    const h = Math.round(Math.sqrt(area / shape));
    const w = Math.round(Math.sqrt(area * shape));
    if (h > 0 && w > 0 && h <= side && w <= side) {
      [height, width] = [h, w];
      break;
    }
  }
  const [a, b, c] = numbers.slice(2 * ATTEMPTS);
  return { top: Math.floor(a * (side - height + 1)), left: Math.floor(b * (side - width + 1)), height, width, flip: c < 0.5 };
}

/**
 * Weights that crop and resize along one axis with an antialiased triangle filter.
 * @param {number} start @param {number} size @param {number} source @param {number} target @param {boolean} flip
 * @returns {Float64Array[]} one row of weights per target pixel
 */
export function weights(start, size, source, target, flip) {
  const scale = size / target;
  const reach = Math.max(1, scale);
  const low = Math.min(Math.max(start, 0), source - 1);
  const high = Math.min(Math.max(start + size, 1), source);
  return Array.from({ length: target }, (_, row) => {
    const place = flip ? target - 1 - row : row;
    const centre = Math.min(Math.max(start + (place + 0.5) * scale, 0.5), source - 0.5);
    const line = new Float64Array(source);
    let sum = 0;
    for (let i = 0; i < source; i += 1) {
      const pixel = i + 0.5;
      if (pixel <= low || pixel >= high) continue;
      line[i] = Math.max(0, 1 - Math.abs(pixel - centre) / reach);
      sum += line[i];
    }
    return line.map((w) => w / sum);
  });
}

/**
 * Apply a draw to a picture.
 * @param {ArrayLike<number>} pixels (R, R, 3) @param {number} source side R @param {number} target side of the result
 * @param {Draw} crop @returns {Float64Array} (target, target, 3)
 */
export function apply(pixels, source, target, crop) {
  const rows = weights(crop.top, crop.height, source, target, false);
  const columns = weights(crop.left, crop.width, source, target, crop.flip);
  const between = new Float64Array(target * source * 3);
  rows.forEach((line, j) => line.forEach((weight, y) => {
    if (!weight) return;
    for (let i = 0; i < 3 * source; i += 1) between[3 * j * source + i] += weight * pixels[3 * y * source + i];
  }));
  const out = new Float64Array(target * target * 3);
  columns.forEach((line, i) => line.forEach((weight, x) => {
    if (!weight) return;
    for (let j = 0; j < target; j += 1) for (let c = 0; c < 3; c += 1) out[3 * (j * target + i) + c] += weight * between[3 * (j * source + x) + c];
  }));
  return out;
}
