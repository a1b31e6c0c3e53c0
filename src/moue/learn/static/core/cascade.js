// @ts-check
/**
 * The cascade classifier of OpenCV, evaluated stage by stage on a grey picture.
 *
 * The windows, the arithmetic and the boxes are those of `cv2.CascadeClassifier.detectMultiScale`;
 * `viola_jones.py` does the same in Python.
 */

export const WINDOW = 24;

/**
 * @typedef {object} Cascade
 * @property {Int8Array} rects (F, 3, 4) @property {Int8Array} weights (F, 3)
 * @property {Float32Array} thresholds @property {Float32Array} left @property {Float32Array} right
 * @property {Int32Array} sizes number of features of each stage @property {Float32Array} stages
 */

/** Round half to even, as OpenCV does. @param {number} value */
export function round(value) {
  const down = Math.floor(value);
  const part = value - down;
  return part > 0.5 || (part === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/** The scales that OpenCV searches. @param {number} width @param {number} height @param {number} factor */
export function scales(width, height, factor) {
  const found = [];
  for (let scale = 1; round(WINDOW * scale) <= Math.min(width, height); scale *= factor) found.push(Math.fround(scale));
  return found;
}

/** Positions and weights of OpenCV's exact bilinear resizing. @param {number} from @param {number} to */
function taps(from, to) {
  const first = new Int32Array(to);
  const weight = new Int32Array(to);
  const scale = from / to;
  for (let i = 0; i < to; i += 1) {
    const place = (i + 0.5) * scale - 0.5;
    const low = Math.floor(place);
    if (low < 0) continue;
    if (low >= from - 1) first[i] = from - 1;
    else {
      first[i] = low;
      weight[i] = round((place - low) * 256);
    }
  }
  return { first, weight };
}

/**
 * Resize a grey picture as `cv2.resize(…, INTER_LINEAR_EXACT)`.
 * @param {Uint8Array} grey @param {number} width @param {number} height @param {number} w new width @param {number} h new height
 */
export function resize(grey, width, height, w, h) {
  if (w === width && h === height) return grey;
  const x = taps(width, w);
  const y = taps(height, h);
  const rows = new Int32Array(height * w);
  for (let j = 0; j < height; j += 1) {
    for (let i = 0; i < w; i += 1) {
      const a = grey[j * width + x.first[i]];
      const b = x.weight[i] ? grey[j * width + x.first[i] + 1] : 0;
      rows[j * w + i] = a * (256 - x.weight[i]) + b * x.weight[i];
    }
  }
  const out = new Uint8Array(w * h);
  for (let j = 0; j < h; j += 1) {
    const low = y.first[j] * w;
    const part = y.weight[j];
    for (let i = 0; i < w; i += 1) {
      const b = part ? rows[low + w + i] : 0;
      out[j * w + i] = (rows[low + i] * (256 - part) + b * part + 32768) >> 16;
    }
  }
  return out;
}

/**
 * Sums and sums of squares of all pixels above and left of each pixel.
 * @param {Uint8Array} grey @param {number} width @param {number} height
 */
export function integral(grey, width, height) {
  const stride = width + 1;
  const sums = new Int32Array(stride * (height + 1));
  const squares = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    let square = 0;
    for (let x = 0; x < width; x += 1) {
      const value = grey[y * width + x];
      row += value;
      square += value * value;
      const at = (y + 1) * stride + x + 1;
      sums[at] = sums[at - stride] + row;
      squares[at] = squares[at - stride] + square;
    }
  }
  return { sums, squares, stride };
}

/**
 * Try all windows of a picture.
 * @param {Cascade} cascade @param {Uint8Array} grey @param {number} width @param {number} height
 * @param {number} factor ratio of successive window sizes (`scaleFactor`)
 * @returns {{boxes: Int32Array, passed: Uint8Array, features: number}} (N, 3) left, top and side of
 *   each window; the number of stages that accepted it; the number of features computed
 */
export function search(cascade, grey, width, height, factor) {
  const boxes = [];
  const passed = [];
  let features = 0;
  for (const scale of scales(width, height, factor)) {
    const w = round(width / scale);
    const h = round(height / scale);
    const table = integral(resize(grey, width, height, w, h), w, h);
    const step = scale >= 2 ? 1 : 2;
    const side = round(WINDOW * scale);
    for (let y = 0; y <= h - WINDOW; y += step) {
      for (let x = 0; x <= w - WINDOW; x += step) {
        const result = test(cascade, table, x, y);
        if (result < 0) continue;
        boxes.push(round(Math.fround(x * scale)), round(Math.fround(y * scale)), side);
        passed.push(result);
        features += cascade.before[Math.min(result + 1, cascade.stages.length)];
        if (result === 0) x += step;
      }
    }
  }
  return { boxes: Int32Array.from(boxes), passed: Uint8Array.from(passed), features };
}

/**
 * Prepare a cascade: offsets of the features, and how many features lie before each stage.
 * @param {Cascade} raw @returns {any}
 */
export function prepare(raw) {
  const before = [0];
  for (const size of raw.sizes) before.push(before[before.length - 1] + size);
  return { ...raw, before };
}

/**
 * Return the number of stages that accept a window; −1 for a window of almost uniform grey.
 * @param {any} cascade @param {ReturnType<typeof integral>} table @param {number} x @param {number} y
 */
export function test(cascade, table, x, y) {
  const norm = contrast(table, x, y);
  if (!norm) return -1;
  let feature = 0;
  for (let stage = 0; stage < cascade.stages.length; stage += 1) {
    let votes = 0;
    for (let i = 0; i < cascade.sizes[stage]; i += 1, feature += 1) {
      const value = Math.fround(measure(cascade, table, feature, x, y) * norm);
      votes += value < cascade.thresholds[feature] ? cascade.left[feature] : cascade.right[feature];
    }
    if (votes < cascade.stages[stage]) return stage;
  }
  return cascade.stages.length;
}

/** @param {ReturnType<typeof integral>} table @param {number} x @param {number} y factor for the contrast; 0 if flat */
function contrast({ sums, squares, stride }, x, y) {
  const inner = WINDOW - 2;
  const a = (y + 1) * stride + x + 1;
  const b = a + inner;
  const c = a + inner * stride;
  const d = c + inner;
  const value = sums[a] - sums[b] - sums[c] + sums[d];
  const square = squares[a] - squares[b] - squares[c] + squares[d];
  const variance = inner * inner * square - value * value;
  if (variance <= 0) return 0;
  const norm = Math.fround(1 / Math.sqrt(variance));
  return Math.fround(inner * inner * norm) < 0.1 ? norm : 0;
}

/**
 * Return the value of one feature in a window: the weighted sums of its rectangles.
 * @param {Cascade} cascade @param {ReturnType<typeof integral>} table
 * @param {number} feature @param {number} x @param {number} y
 */
function measure(cascade, { sums, stride }, feature, x, y) {
  let total = 0;
  for (let r = 0; r < 3; r += 1) {
    const weight = cascade.weights[3 * feature + r];
    if (!weight) continue;
    const at = 4 * (3 * feature + r);
    const a = (y + cascade.rects[at + 1]) * stride + x + cascade.rects[at];
    const b = a + cascade.rects[at + 2];
    const down = cascade.rects[at + 3] * stride;
    total += weight * (sums[a] - sums[b] - sums[a + down] + sums[b + down]);
  }
  return total;
}

/** Windows before the first and after each stage. @param {Uint8Array} passed @param {number} stages @returns {number[]} */
export function left(passed, stages) {
  const counts = new Array(stages + 1).fill(0);
  for (const stage of passed) counts[stage] += 1;
  for (let s = stages - 1; s >= 0; s -= 1) counts[s] += counts[s + 1];
  return counts;
}

/**
 * Group overlapping boxes as `cv2.groupRectangles` does.
 * @param {number[][]} boxes [left, top, side] @param {number} neighbours minimum size of a group; 0 keeps all boxes
 * @returns {{box: number[], count: number}[]}
 */
export function group(boxes, neighbours) {
  const eps = 0.2;
  if (neighbours <= 0) return boxes.map((box) => ({ box, count: 1 }));
  const parent = boxes.map((_, i) => i);
  /** @param {number} i @returns {number} */
  const root = (i) => (parent[i] === i ? i : (parent[i] = root(parent[i])));
  boxes.forEach(([x, y, s], i) => {
    for (let j = 0; j < i; j += 1) {
      const [u, v, r] = boxes[j];
      const reach = eps * Math.min(s, r);
      const same = Math.abs(x - u) <= reach && Math.abs(y - v) <= reach && Math.abs(x + s - u - r) <= reach && Math.abs(y + s - v - r) <= reach;
      if (same) parent[root(i)] = root(j);
    }
  });
  /** @type {Map<number, {sum: number[], count: number}>} */
  const classes = new Map();
  boxes.forEach((box, i) => {
    const entry = classes.get(root(i)) ?? { sum: [0, 0, 0], count: 0 };
    box.forEach((v, k) => { entry.sum[k] += v; });
    entry.count += 1;
    classes.set(root(i), entry);
  });
  const groups = [...classes.values()].map(({ sum, count }) => {
    const part = Math.fround(1 / count);
    return { box: sum.map((v) => round(Math.fround(v * part))), count };
  }).filter(({ count }) => count > neighbours);
  // A group inside a larger and stronger group is dropped.
  return groups.filter((one) => !groups.some((other) => {
    if (one === other) return false;
    const slack = round(other.box[2] * eps);
    const [x, y, s] = one.box;
    const [u, v, r] = other.box;
    const within = x >= u - slack && y >= v - slack && x + s <= u + r + slack && y + s <= v + r + slack;
    return within && (other.count > Math.max(3, one.count) || one.count < 3);
  }));
}

/**
 * Compute all features of every n-th window, to compare with the cascade.
 * @param {any} cascade @param {Uint8Array} grey @param {number} width @param {number} height @param {number} every
 * @returns {number} number of features computed
 */
export function exhaustive(cascade, grey, width, height, every) {
  const table = integral(grey, width, height);
  let features = 0;
  let sink = 0;
  for (let place = 0; place < (width - WINDOW) * (height - WINDOW); place += every) {
    const x = place % (width - WINDOW);
    const y = Math.floor(place / (width - WINDOW));
    for (let f = 0; f < cascade.thresholds.length; f += 1, features += 1) sink += measure(cascade, table, f, x, y);
  }
  return sink === Infinity ? 0 : features;
}
