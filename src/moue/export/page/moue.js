// @ts-check
/**
 * moue.js: find faces in raw RGBA pixels, and recognise the expression of each mouth.
 *
 * The module has no dependency but ONNX Runtime, which the caller passes. It runs in browsers and in
 * Node. It needs the files of `moue export --web`: `model.json` and the ONNX files that it names.
 *
 *     import * as ort from "./runtime/ort.wasm.bundle.min.mjs";
 *     import { Moue } from "./moue.js";
 *
 *     const moue = await Moue.load(ort, new URL("model/", document.baseURI));
 *     const faces = await moue.predict(context.getImageData(0, 0, width, height));
 *     console.log(faces.map((face) => `${face.label} ${face.probability}`));
 *
 * `moue.d.ts` has the types. The results equal those of the Python package: resampling follows
 * OpenCV bit for bit, and all thresholds and sizes come from `model.json`.
 *
 * Boxes are [left, top, right, bottom] and points are [x, y], in pixels; pixel centers have integer
 * coordinates. Angles are in degrees, clockwise.
 */

/** @typedef {import("./moue.d.ts").Pixels} Pixels */
/** @typedef {import("./moue.d.ts").Face} Face */
/** @typedef {import("./moue.d.ts").Detection} Detection */
/** @typedef {import("./moue.d.ts").ModelDescription} ModelDescription */
/** @typedef {{box: number[], score: number, keypoints: number[][]}} Candidate */
/** @typedef {number[]} Matrix Six values: the rows of a 2 x 3 affine matrix. */

const f32 = Math.fround;
const DEGREES = 180 / Math.PI;
/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const MAGIC = 6755399441055744;
const rint = (/** @type {number} */ x) => x + MAGIC - MAGIC;
const clamp = (/** @type {number} */ x, /** @type {number} */ low, /** @type {number} */ high) =>
  x < low ? low : x > high ? high : x;

/* ---------------------------------------------------------------- pixels, as OpenCV computes them */

/**
 * Convert a part of a picture to grey.
 * @param {Pixels} image RGB or RGBA pixels.
 * @returns {Pixels} One channel.
 */
export function toGrey(image, left = 0, top = 0, right = image.width, bottom = image.height) {
  const { width, data } = image;
  const step = channelsOf(image);
  const grey = blank(right - left, bottom - top, 1);
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (let at = (y * width + left) * step, end = (y * width + right) * step; at < end; at += step)
      grey.data[to++] = (data[at] * 9798 + data[at + 1] * 19235 + data[at + 2] * 3735 + 16384) >> 15;
  }
  return grey;
}

/**
 * Reduce a grey picture until its longer side is at most `side` pixels.
 * @param {Pixels} grey @param {number} side
 */
export function resizeToFit(grey, side) {
  const scale = Math.min(side / grey.width, side / grey.height);
  if (scale >= 1) return grey;
  return resizeArea(grey, Math.max(1, rint(grey.width * scale)), Math.max(1, rint(grey.height * scale)));
}

/**
 * Reduce a grey picture by averaging, like OpenCV's INTER_AREA.
 * @param {Pixels} grey @param {number} width @param {number} height
 * @returns {Pixels}
 */
export function resizeArea(grey, width, height) {
  if (width === grey.width && height === grey.height) return grey;
  const out = blank(width, height, 1);
  if (grey.width % width || grey.height % height) {
    averageParts(grey, out);
    return out;
  }
  const [fx, fy] = [grey.width / width, grey.height / height];
  // OpenCV rounds halves up for blocks of 2 x 2 pixels only.
  const scale = f32(1 / (fx * fy));
  const round = fx === 2 && fy === 2 ? (/** @type {number} */ s) => (s + 2) >> 2 : (/** @type {number} */ s) => rint(f32(s * scale));
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = 0, at = y * fy * grey.width + x * fx; j < fy; j++, at += grey.width)
        for (let i = 0; i < fx; i++) sum += grey.data[at + i];
      out.data[to++] = round(sum);
    }
  }
  return out;
}

/** @param {Pixels} grey @param {Pixels} out */
function averageParts(grey, out) {
  const across = areaWeights(grey.width, out.width);
  const down = areaWeights(grey.height, out.height);
  // Typed arrays, because the inner loop visits every pixel of the picture.
  const [to, from] = [0, 1].map((k) => Int32Array.from(across, (part) => part[k]));
  const alpha = Float32Array.from(across, (part) => part[2]);
  const { width } = out;
  const row = new Float32Array(width);
  const sum = new Float32Array(width);
  for (let k = 0; k < down.length; k++) {
    const [dy, sy, beta] = down[k];
    row.fill(0);
    const start = sy * grey.width;
    for (let i = 0; i < to.length; i++) row[to[i]] += f32(grey.data[start + from[i]] * alpha[i]);
    for (let x = 0; x < width; x++) sum[x] += f32(beta * row[x]);
    if (k + 1 === down.length || down[k + 1][0] !== dy) {
      for (let x = 0; x < width; x++) out.data[dy * width + x] = clamp(rint(sum[x]), 0, 255);
      sum.fill(0);
    }
  }
}

/** Return [target, source, weight] of each source pixel that a target pixel covers. */
function areaWeights(/** @type {number} */ source, /** @type {number} */ target) {
  const scale = source / target;
  /** @type {[number, number, number][]} */
  const parts = [];
  for (let to = 0; to < target; to++) {
    const [first, last] = [to * scale, to * scale + scale];
    const cell = Math.min(scale, source - first);
    const end = Math.min(Math.floor(last), source - 1);
    const start = Math.min(Math.ceil(first), end);
    if (start - first > 1e-3) parts.push([to, start - 1, f32((start - first) / cell)]);
    for (let from = start; from < end; from++) parts.push([to, from, f32(1 / cell)]);
    if (last - end > 1e-3) parts.push([to, end, f32(Math.min(Math.min(last - end, 1), cell) / cell)]);
  }
  return parts;
}

/**
 * Reduce a grey picture, like OpenCV's INTER_LINEAR; pixels may be skipped.
 * @param {Pixels} grey @param {number} width @param {number} height
 * @returns {Pixels}
 */
export function resizeLinear(grey, width, height) {
  if (width === grey.width && height === grey.height) return grey;
  const across = linearWeights(grey.width, width);
  const out = blank(width, height, 1);
  const rowAt = (/** @type {number} */ y) => {
    const start = y * grey.width;
    return Int32Array.from(across, ([x, next, a, b]) => (grey.data[start + x] * a + grey.data[start + next] * b) >> 4);
  };
  linearWeights(grey.height, height).forEach(([y, next, a, b], to) => {
    const [upper, lower] = [rowAt(y), rowAt(next)];
    for (let x = 0; x < width; x++)
      out.data[to * width + x] = (((a * upper[x]) >> 16) + ((b * lower[x]) >> 16) + 2) >> 2;
  });
  return out;
}

/** Return [pixel, next pixel, weight, weight of the next] of each target pixel; 2048 is 1. */
function linearWeights(/** @type {number} */ source, /** @type {number} */ target) {
  return Array.from({ length: target }, (_, to) => {
    const at = f32(((to + 0.5) * source) / target - 0.5);
    let pixel = Math.floor(at);
    let part = f32(at - pixel);
    if (pixel < 0) [pixel, part] = [0, 0];
    if (pixel >= source - 1) [pixel, part] = [source - 1, 0];
    return [pixel, Math.min(pixel + 1, source - 1), rint(f32(1 - part) * 2048), rint(part * 2048)];
  });
}

/**
 * Sample a picture along an affine map, like OpenCV's warpAffine with WARP_INVERSE_MAP,
 * INTER_LINEAR and BORDER_REPLICATE. The result has at most 3 channels.
 * @param {Pixels} image
 * @param {Matrix} matrix From pixels of the result to pixels of the picture.
 * @param {number} width @param {number} height
 */
export function warp(image, matrix, width, height) {
  const [a, b, c, d, e, f] = matrix;
  const step = channelsOf(image);
  const channels = Math.min(step, 3);
  const { data } = image;
  const [lastX, lastY] = [image.width - 1, image.height - 1];
  const out = blank(width, height, channels);
  const dx = Int32Array.from({ length: width }, (_, x) => rint(a * x * 1024));
  const dy = Int32Array.from({ length: width }, (_, x) => rint(d * x * 1024));
  for (let y = 0, to = 0; y < height; y++) {
    const startX = rint((b * y + c) * 1024) + 16;
    const startY = rint((e * y + f) * 1024) + 16;
    for (let x = 0; x < width; x++) {
      // Positions are multiples of 1/32 pixel.
      const [px, py] = [(startX + dx[x]) >> 5, (startY + dy[x]) >> 5];
      const [ix, iy, right, lower] = [px >> 5, py >> 5, px & 31, py & 31];
      const [x0, x1] = [clamp(ix, 0, lastX) * step, clamp(ix + 1, 0, lastX) * step];
      const y0 = clamp(iy, 0, lastY) * image.width * step;
      const y1 = clamp(iy + 1, 0, lastY) * image.width * step;
      const [left, upper] = [32 - right, 32 - lower];
      for (let k = 0; k < channels; k++)
        out.data[to++] =
          ((data[y0 + x0 + k] * left + data[y0 + x1 + k] * right) * upper +
            (data[y1 + x0 + k] * left + data[y1 + x1 + k] * right) * lower + 512) >> 10;
    }
  }
  return out;
}

/** Turn a picture counterclockwise by `quarters` times 90 degrees. @param {Pixels} image @param {number} quarters */
export function quarterTurns(image, quarters) {
  const turns = ((quarters % 4) + 4) % 4;
  if (!turns) return image;
  const { width, height, data } = image;
  const n = channelsOf(image);
  const out = turns === 2 ? blank(width, height, n) : blank(height, width, n);
  for (let y = 0, to = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++) {
      const from =
        turns === 1 ? x * width + width - 1 - y : turns === 2 ? (height - 1 - y) * width + width - 1 - x : (height - 1 - x) * width + y;
      for (let k = 0; k < n; k++) out.data[to++] = data[from * n + k];
    }
  return out;
}

/** Cut out a rectangle; pixels outside the picture repeat its border. The result has at most 3 channels. */
function cut(/** @type {Pixels} */ image, /** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ width, /** @type {number} */ height) {
  const step = channelsOf(image);
  const channels = Math.min(step, 3);
  const out = blank(width, height, channels);
  if (step === channels && left >= 0 && top >= 0 && left + width <= image.width && top + height <= image.height) {
    for (let y = 0; y < height; y++) {
      const from = ((top + y) * image.width + left) * step;
      out.data.set(image.data.subarray(from, from + width * step), y * width * step);
    }
    return out;
  }
  for (let y = 0, to = 0; y < height; y++) {
    const row = clamp(top + y, 0, image.height - 1) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + clamp(left + x, 0, image.width - 1)) * step;
      for (let k = 0; k < channels; k++) out.data[to++] = image.data[from + k];
    }
  }
  return out;
}

/** @returns {Pixels} */
function blank(/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ channels) {
  return { width, height, data: new Uint8Array(width * height * channels) };
}

/** Return the number of channels: 1 for grey, 3 for RGB, 4 for RGBA. */
function channelsOf(/** @type {Pixels} */ image) {
  return image.data.length / (image.width * image.height);
}

/* ------------------------------------------------------------------------------------- geometry */

/** Return the 2 x 2 matrix that turns points clockwise, row by row. */
function rotation(/** @type {number} */ degrees) {
  const [sine, cosine] = [Math.sin(degrees / DEGREES), Math.cos(degrees / DEGREES)];
  return [cosine, -sine, sine, cosine];
}

const transform = (/** @type {number[]} */ [x, y], /** @type {Matrix} */ [a, b, c, d, e, f]) => [a * x + b * y + c, d * x + e * y + f];

/** Return the inverse of an affine matrix. @param {Matrix} matrix @returns {Matrix} */
function inverse([a, b, c, d, e, f]) {
  const scale = 1 / (a * e - b * d);
  const [p, q, r, s] = [e * scale, -b * scale, -d * scale, a * scale];
  return [p, q, -p * c - q * f, r, s, -r * c - s * f];
}

/** Return the box around points. @param {number[][]} points */
function boundingBox(points) {
  const [x, y] = [points.map((p) => p[0]), points.map((p) => p[1])];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

const sizeOf = (/** @type {number[]} */ box) => [box[2] - box[0], box[3] - box[1]];
const centerOf = (/** @type {number[]} */ box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
const shorterSide = (/** @type {number[]} */ box) => Math.min(...sizeOf(box));
const boxAround = (/** @type {number[]} */ [x, y], /** @type {number} */ width, height = width) =>
  [x - width / 2, y - height / 2, x + width / 2, y + height / 2].map(f32);
const normalized = (/** @type {number} */ angle) => {
  const turned = ((((angle + 180) % 360) + 360) % 360) - 180;
  return turned === -180 ? 180 : turned;
};

/** Return the Chebyshev distance of the centers of two boxes. @param {number[]} a @param {number[]} b */
function centerDistance(a, b) {
  const [[x, y], [u, v]] = [centerOf(a), centerOf(b)];
  return Math.max(Math.abs(x - u), Math.abs(y - v));
}

/** Return whether the center of `box` lies in `other`. @param {number[]} box @param {number[]} other */
export function centerInside(box, other) {
  const [x, y] = centerOf(box);
  return other[0] < x && x < other[2] && other[1] < y && y < other[3];
}

/** Scale a box around its center, and round and clip it to a picture; all four sides inclusive. */
function clippedAround(/** @type {number[]} */ box, /** @type {number} */ scale, /** @type {number} */ width, /** @type {number} */ height) {
  const [w, h] = sizeOf(box);
  const [x0, y0, x1, y1] = boxAround(centerOf(box), w * scale, h * scale).map(rint);
  const [left, top] = [clamp(x0, 0, width - 1), clamp(y0, 0, height - 1)];
  return [left, top, Math.min(Math.max(x1, left), width - 1), Math.min(Math.max(y1, top), height - 1)];
}

/** Return a detection moved by `scale` and a corner. @param {Detection} one @returns {Detection} */
function placed(one, /** @type {number} */ scale, [x, y] = [0, 0]) {
  const point = (/** @type {number[]} */ p) => [f32(f32(p[0] * scale) + x), f32(f32(p[1] * scale) + y)];
  const box = (/** @type {number[]} */ b) => [...point([b[0], b[1]]), ...point([b[2], b[3]])];
  return { ...one, box: box(one.box), lips: box(one.lips), landmarks: one.landmarks.map(point) };
}

/* -------------------------------------------------------------------------------- mouth and crop */

/**
 * Return the roll by which the mouth crop is turned: near a multiple of 90 degrees, this multiple.
 * @param {number} roll @param {number} from Smallest roll that is compensated.
 */
export function appliedRoll(roll, from) {
  const quarter = 90 * rint(roll / 90);
  return Math.abs(roll - quarter) < from ? quarter : roll;
}

/**
 * Return the mouth box: the square around the lips of the upright head.
 * @param {number[][]} landmarks @param {number} roll
 * @param {ModelDescription["face"]} settings
 */
export function mouthBox(landmarks, roll, { crop_scale, upright_from }) {
  const upright = appliedRoll(roll, upright_from) % 90 === 0;
  const [a, b, c, d] = upright ? [1, 0, 0, 1] : rotation(-roll);
  const box = boundingBox(landmarks.map(([x, y]) => [a * x + b * y, c * x + d * y]));
  const [width, height] = upright ? sizeOf(box).map(f32) : sizeOf(box);
  const [x, y] = upright ? centerOf(box).map(f32) : centerOf(box);
  const middle = upright ? [x, y] : [a * x + c * y, b * x + d * y];
  return boxAround(middle, Math.max(width, height, 1) * crop_scale);
}

/**
 * Return the upright mouth crop, the input of the classifier.
 * @param {Pixels} image RGB or RGBA pixels.
 * @param {number[]} box Mouth box.
 * @param {number} roll Roll of the head.
 * @param {ModelDescription["face"]} settings
 * @returns {Pixels} Square RGB pixels.
 */
export function cropMouth(image, box, roll, { upright_from }) {
  const side = Math.max(1, rint(f32(box[2] - box[0])));
  const [left, top] = centerOf(box).map((c) => rint(f32(c) - side / 2));
  const turn = appliedRoll(roll, upright_from);
  if (turn % 90 === 0) return quarterTurns(cut(image, left, top, side, side), rint(turn / 90));
  const [a, b, c, d] = rotation(turn);
  const half = (side - 1) / 2;
  return warp(image, [a, b, left + half - a * half - b * half, c, d, top + half - c * half - d * half], side, side);
}

/* -------------------------------------------------------------------------------------- the model */

/** Finds faces and classifies their mouths. */
export class Moue {
  /** @type {Map<string, any>} */
  #sessions;
  #ort;

  /**
   * Use `Moue.load` or `Moue.create`.
   * @param {any} ort ONNX Runtime. @param {ModelDescription} description @param {Map<string, any>} sessions
   */
  constructor(ort, description, sessions) {
    this.#ort = ort;
    this.#sessions = sessions;
    this.description = description;
    /** Labels in the order of the outputs of the classifier. @type {string[]} */
    this.labels = description.model.labels;
  }

  /**
   * Fetch `model.json` and the networks from a folder.
   * @param {any} ort ONNX Runtime, such as `ort.wasm.bundle.min.mjs`.
   * @param {URL | string} folder Address of the folder; it ends with a slash.
   * @param {(done: number, total: number) => void} [progress] Called with bytes.
   */
  static async load(ort, folder, progress = () => {}) {
    const get = async (/** @type {string} */ name) => {
      const response = await fetch(new URL(name, folder));
      if (!response.ok) throw new Error(`${name}: the server answers ${response.status}`);
      return response;
    };
    /** @type {ModelDescription} */
    const description = await (await get("model.json")).json();
    const files = Object.entries(description.files);
    const total = files.reduce((sum, [, file]) => sum + file.bytes, 0);
    let done = 0;
    /** @type {Record<string, Uint8Array>} */
    const networks = {};
    for (const [name, file] of files) {
      networks[name] = new Uint8Array(await (await get(file.path)).arrayBuffer());
      progress((done += file.bytes), total);
    }
    return Moue.create(ort, description, networks);
  }

  /**
   * Start the networks.
   * @param {any} ort ONNX Runtime. @param {ModelDescription} description Content of `model.json`.
   * @param {Record<string, Uint8Array>} networks Content of each ONNX file, by its name in `model.json`.
   */
  static async create(ort, description, networks) {
    if (description.format !== 1) throw new Error(`model.json has format ${description.format}, expected 1`);
    const sessions = new Map();
    for (const [name, bytes] of Object.entries(networks))
      sessions.set(name, await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 3 }));
    return new Moue(ort, description, sessions);
  }

  /**
   * Find all faces of a picture and classify their mouths; the main face comes first.
   * @param {Pixels} image RGB or RGBA pixels, such as an ImageData.
   * @param {import("./moue.d.ts").Options} [options]
   * @returns {Promise<Face[]>}
   */
  async predict(image, options = {}) {
    return this.classify(image, await this.detect(image, options), options);
  }

  /**
   * Find all faces of a picture; the main face comes first.
   * @param {Pixels} image @param {import("./moue.d.ts").Options} [options]
   * @returns {Promise<Detection[]>}
   */
  async detect(image, { rotated = true, minFace } = {}) {
    const { face } = this.description;
    const [longer, shorter] = [Math.max(image.width, image.height), Math.min(image.width, image.height)];
    const side = Math.min(longer, minFace ? Math.max(face.min_side, Math.ceil((longer * face.min_face) / minFace)) : face.side);
    const least = Math.max(1, Math.ceil((side * shorter) / longer));
    const factor = [8, 4, 2].find((f) => Math.floor(shorter / f) >= least) ?? 1;
    const whole = resizeArea(toGrey(image), Math.floor(image.width / factor), Math.floor(image.height / factor));
    const grey = resizeToFit(whole, side);
    const scale = longer / Math.max(grey.width, grey.height);
    const found = await this.#searchRotated(grey, await this.#locate(grey), rotated);
    const faces = found.map((one) => placed(one, scale)).filter((one) => shorterSide(one.box) >= (minFace ?? 0));
    const weights = new Map(faces.map((one) => [one, this.#prominence(one)]));
    const weight = (/** @type {Detection} */ one) => /** @type {number} */ (weights.get(one));
    return faces.sort((a, b) => weight(b) - weight(a) || a.box[1] - b.box[1] || a.box[0] - b.box[0]);
  }

  /**
   * Find a face again near its position in the previous frame, much faster than `detect`.
   * @param {Pixels} image @param {Detection} face Face in the previous frame.
   * @returns {Promise<Detection | null>} null if the face is lost.
   */
  async follow(image, face) {
    const settings = this.description.face;
    const [left, top, right, bottom] = clippedAround(face.box, settings.local_scale, image.width, image.height);
    const patch = resizeToFit(toGrey(image, left, top, right + 1, bottom + 1), settings.local_side);
    const scale = Math.max(right - left, bottom - top, 1) / Math.max(patch.width, patch.height);
    const box = [face.box[0] - left, face.box[1] - top, face.box[2] - left, face.box[3] - top].map((v) => v / scale);
    let found;
    if (Math.abs(face.roll) < settings.local_roll) found = await this.#near(patch, box);
    else {
      const { copy, matrix } = rotatedCopy(patch, face.roll);
      found = await this.#near(copy, movedBox(box, inverse(matrix), -face.roll));
      found &&= rotatedBack(found, matrix, face.roll);
    }
    return found ? placed(found, scale, [left, top]) : null;
  }

  /**
   * Classify the mouths of faces that were found in an image.
   * @param {Pixels} image @param {Detection[]} faces
   * @param {import("./moue.d.ts").Options} [options]
   * @returns {Promise<Face[]>}
   */
  async classify(image, faces, { minProbability = 0 } = {}) {
    const settings = this.description.face;
    /** @type {Face[]} */
    const results = [];
    for (const face of faces) {
      const box = mouthBox(face.landmarks, face.roll, settings);
      const probabilities = await this.probabilities(cropMouth(image, box, face.roll, settings));
      const probability = Math.max(...probabilities);
      const label = probability >= minProbability ? this.labels[probabilities.indexOf(probability)] : null;
      const named = Object.fromEntries(this.labels.map((name, k) => [name, probabilities[k]]));
      results.push({ ...face, mouthBox: box, label, probability, probabilities: named });
    }
    return results;
  }

  /**
   * Return the probabilities of one mouth crop, in the order of `labels`.
   * @param {Pixels} crop RGB pixels of any size. @returns {Promise<number[]>}
   */
  async probabilities(crop) {
    const image = new this.#ort.Tensor("uint8", crop.data, [1, crop.height, crop.width, 3]);
    const { probabilities } = await this.#sessions.get("classifier").run({ image }, ["probabilities"]);
    return Array.from(probabilities.data);
  }

  /** Return the size of a face in pixels times a weight of its score. @param {Detection} face */
  #prominence(face) {
    const { upright_score, min_weight } = this.description.face;
    const ratio = face.score / upright_score;
    return shorterSide(face.box) * Math.min(1, Math.max(min_weight, ratio * Math.abs(ratio)));
  }

  /** Return all faces of a grey picture whose heads are roughly upright. @param {Pixels} grey */
  async #locate(grey) {
    const s = this.description.face;
    const longer = Math.max(grey.width, grey.height);
    const reduced = resizeToFit(grey, Math.max(s.patch_side, Math.floor(longer / s.downscale)));
    let found = await this.#candidatesIn(reduced, longer);
    // A face is no wider than the shorter side, so only larger copies can contain a close-up.
    if (Math.min(reduced.width, reduced.height) > s.closeup_side)
      found.push(...(await this.#candidatesIn(resizeToFit(reduced, s.closeup_side), longer)));
    found = this.#suppressed(found);
    const small = (/** @type {Candidate} */ one) => one.box[2] - one.box[0] < s.small_face;
    if (found.filter(small).length >= s.group) {
      const added = await this.#candidates(grey, s.group_score);
      found = this.#suppressed([...found, ...added.filter(small)]);
    }
    const faces = await this.#withLips(grey, found);
    return faces.filter((face, k) => found[k].score >= s.confident_score || face.score >= s.min_score);
  }

  /** Return the face in a patch that is nearest to a box, or null. @param {Pixels} grey @param {number[]} box */
  async #near(grey, box) {
    const { patch_side } = this.description.face;
    const longer = Math.max(grey.width, grey.height);
    const found = this.#suppressed(await this.#candidatesIn(smallPatch(grey, patch_side), longer));
    const distance = (/** @type {Candidate} */ one) => centerDistance(one.box, box);
    const near = found.filter((one) => distance(one) < (box[2] - box[0]) / 2);
    if (!near.length) return null;
    const nearest = near.reduce((best, one) => (distance(one) < distance(best) ? one : best));
    return (await this.#withLips(grey, [nearest]))[0];
  }

  /** Return the detections in a reduced copy, in pixels of a picture whose longer side is given. */
  async #candidatesIn(/** @type {Pixels} */ copy, /** @type {number} */ longer) {
    const scale = longer / Math.max(copy.width, copy.height);
    const map = (/** @type {number} */ v) => f32(f32(f32(v + 0.5) * scale) - 0.5);
    const found = await this.#candidates(copy, this.description.face.min_score);
    return found.map((one) => ({ ...one, box: one.box.map(map), keypoints: one.keypoints.map((p) => p.map(map)) }));
  }

  /** Run the face network, and decode the cells above the threshold. @returns {Promise<Candidate[]>} */
  async #candidates(/** @type {Pixels} */ grey, /** @type {number} */ minScore) {
    const { strides } = this.description.face;
    const coarsest = strides[strides.length - 1];
    const [width, height] = [grey.width, grey.height].map((n) => Math.ceil(n / coarsest) * coarsest);
    const padded = cut(grey, 0, 0, width, height);
    const input = new this.#ort.Tensor("uint8", padded.data, [1, height, width]);
    const session = this.#sessions.get("faces");
    const output = (await session.run({ grey: input }))[session.outputNames[0]];
    const [cells, values] = [output.data, output.dims[2]];
    const threshold = Math.log(minScore / (1 - minScore));
    /** @type {Candidate[]} */
    const found = [];
    let at = 0;
    for (const stride of strides) {
      const across = width / stride;
      for (let cell = 0; cell < across * (height / stride); cell++, at += values) {
        if (cells[at] <= threshold) continue;
        const x = (cell % across) * stride + (stride - 1) / 2;
        const y = Math.floor(cell / across) * stride + (stride - 1) / 2;
        const point = (/** @type {number} */ k) => [f32(x + f32(cells[at + k] * stride)), f32(y + f32(cells[at + k + 1] * stride))];
        const size = [3, 4].map((k) => f32(f32(Math.exp(clamp(cells[at + k], -3, 4))) * stride));
        const keypoints = [5, 7, 9, 11, 13].map(point);
        found.push({ box: boxAround(point(1), size[0], size[1]), score: f32(1 / (1 + Math.exp(-cells[at]))), keypoints });
      }
    }
    return found;
  }

  /** Apply non-maximum suppression; the highest score comes first. @param {Candidate[]} found */
  #suppressed(found) {
    const { nms_iou, nms_containment } = this.description.face;
    /** @type {Candidate[]} */
    const kept = [];
    for (const one of [...found].sort((a, b) => b.score - a.score)) {
      const same = kept.some((other) => {
        const shared = sharedArea(one.box, other.box);
        const [a, b] = [areaOf(one.box), areaOf(other.box)];
        return shared >= nms_iou * (a + b - shared) || shared > nms_containment * Math.min(a, b);
      });
      if (!same) kept.push(one);
    }
    return kept;
  }

  /** Locate the lips of detections in two passes. @param {Pixels} grey @param {Candidate[]} found @returns {Promise<Detection[]>} */
  async #withLips(grey, found) {
    if (!found.length) return [];
    const { lips: s } = this.description.face;
    const wide = await this.#lipPoints("lips", grey, found.map((one) => alignment(one.keypoints, s)));
    const tight = await this.#lipPoints("lips_tight", grey, wide.map((one) => tightAlignment(one.points, s)));
    return found.map(({ box, score }, k) => {
      const landmarks = tight[k].points;
      const [left, right] = [landmarks[s.left_corner], landmarks[s.right_corner]];
      const roll = roundedRoll([right[0] - left[0], right[1] - left[1]], s);
      // Only the first network learned to tell mouths from other things.
      const visible = 1 / (1 + Math.exp(-wide[k].logit));
      return { box, score: score * visible, landmarks, lips: boundingBox(landmarks), roll };
    });
  }

  /** Run a lip network on aligned crops. @param {string} name @param {Pixels} grey @param {Matrix[]} matrices */
  async #lipPoints(name, grey, matrices) {
    const side = this.description.face.lips.crop_side;
    const crops = new Uint8Array(matrices.length * side * side);
    matrices.forEach((matrix, k) => crops.set(alignedCrop(grey, matrix, side).data, k * side * side));
    const session = this.#sessions.get(name);
    const input = new this.#ort.Tensor("uint8", crops, [matrices.length, side, side]);
    const output = (await session.run({ grey: input }))[session.outputNames[0]];
    const size = output.dims[1];
    return matrices.map((matrix, k) => {
      const values = output.data.subarray(k * size, (k + 1) * size);
      const back = inverse(matrix);
      const points = Array.from({ length: (size - 1) / 2 }, (_, i) =>
        transform([(values[1 + 2 * i] + 0.5) * side, (values[2 + 2 * i] + 0.5) * side], back).map(f32),
      );
      return { logit: values[0], points };
    });
  }

  /** Search rotated copies, unless the best face is upright. @param {Pixels} grey @param {Detection[]} upright @param {boolean} rotated */
  async #searchRotated(grey, upright, rotated) {
    const { upright_score, rotated: s } = this.description.face;
    const best = bestScore(upright);
    if (best >= s.certain_score) return upright;
    if (best < upright_score && !rotated) return [];
    if (best >= upright_score && best >= (await this.#upsideDownScore(grey, upright))) return upright;
    const upsideDown = await this.#locateTurned(grey, 180);
    if (best >= Math.max(upright_score, bestScore(upsideDown))) return upright;
    return rotated ? this.#searchAll(grey, upright, upsideDown) : [];
  }

  /** @param {Pixels} grey @param {Detection[]} upright @param {Detection[]} upsideDown */
  async #searchAll(grey, upright, upsideDown) {
    const { rotated: s } = this.description.face;
    const small = resizeToFit(grey, s.side);
    const scale = Math.max(grey.width, grey.height) / Math.max(small.width, small.height);
    const copies = new Map([[180, upsideDown]]);
    for (const roll of s.rolls) copies.set(roll, (await this.#locateTurned(small, roll)).map((one) => placed(one, scale)));
    const confident = [...copies].flatMap(([roll, faces]) =>
      faces.filter((one) => one.score >= (Math.abs(roll) === 45 ? s.tilted_score : s.sideways_score)).map((face) => ({ face, roll })),
    );
    let faces = [...upright, ...upsideDown.filter((one) => one.score >= s.tilted_score)];
    let headRoll = 0;
    if (confident.length) {
      const best = confident.reduce((a, b) => (b.face.score > a.face.score ? b : a));
      headRoll = best.face.roll;
      faces = [...faces, ...confident.map((one) => one.face), ...(copies.get(best.roll) ?? [])];
      // The full size adds small faces and accurate lips.
      if (scale > 1 && best.roll !== 180) faces.push(...(await this.#locateTurned(grey, best.roll)));
    }
    /** @type {Detection[]} */
    const kept = [];
    for (const face of faces.sort((a, b) => b.score - a.score))
      if (!kept.some((one) => centerInside(face.box, one.box) || centerInside(one.box, face.box))) kept.push(face);
    return kept.filter((one) => one.score >= s.sideways_score || Math.abs(normalized(one.roll - headRoll)) < s.same_roll);
  }

  /** Return the best score in the patch around the best face, upside down. @param {Pixels} grey @param {Detection[]} upright */
  async #upsideDownScore(grey, upright) {
    const { rotated: s } = this.description.face;
    const best = upright.reduce((a, b) => (b.score > a.score ? b : a));
    const [left, top, right, bottom] = clippedAround(best.box, s.check_scale, grey.width, grey.height);
    const patch = resizeToFit(cut(grey, left, top, right - left + 1, bottom - top + 1), s.check_side);
    return bestScore(await this.#locate(quarterTurns(patch, 2)));
  }

  /** Return the faces of a rotated copy, in pixels of the picture. @param {Pixels} grey @param {number} roll */
  async #locateTurned(grey, roll) {
    const { copy, matrix } = rotatedCopy(grey, roll);
    return (await this.#locate(copy)).map((one) => rotatedBack(one, matrix, roll));
  }
}

const bestScore = (/** @type {Detection[]} */ faces) => Math.max(0, ...faces.map((one) => one.score));
const areaOf = (/** @type {number[]} */ box) => (box[2] - box[0]) * (box[3] - box[1]);

/** @param {number[]} a @param {number[]} b */
function sharedArea(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

/* ------------------------------------------------------------------------------------- alignment */

/**
 * Return the matrix from a picture to the aligned crop of the first lip network.
 * @param {number[][]} keypoints Eyes, nose and mouth corners.
 * @param {ModelDescription["face"]["lips"]} settings @returns {Matrix}
 */
function alignment([eye, otherEye, , corner, otherCorner], settings) {
  const { crop_margin, crop_offset_y } = settings;
  const half = (/** @type {number[]} */ a, /** @type {number[]} */ b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const from = (/** @type {number[]} */ a, /** @type {number[]} */ b) => [b[0] - a[0], b[1] - a[1]];
  const [eyes, mouth] = [half(eye, otherEye), half(corner, otherCorner)];
  const [eyeLine, mouthLine] = [from(eye, otherEye), from(corner, otherCorner)];
  const [x, y] = unit([eyeLine[0] + mouthLine[0], eyeLine[1] + mouthLine[1]]);
  // In profile the eye distance shrinks, from above the distance of eyes and mouth does.
  const size = Math.max(Math.hypot(...from(eyes, mouth)), Math.hypot(...eyeLine), 1);
  const offset = crop_offset_y * size;
  return cropMatrix([mouth[0] - offset * y, mouth[1] + offset * x], [x, y], crop_margin * size, settings);
}

/** Return the matrix from a picture to the tight crop around landmarks. @param {number[][]} landmarks @param {ModelDescription["face"]["lips"]} settings @returns {Matrix} */
function tightAlignment(landmarks, settings) {
  const { tight_margin, left_corner, right_corner } = settings;
  const [left, right] = [landmarks[left_corner], landmarks[right_corner]];
  const [x, y] = unit([right[0] - left[0], right[1] - left[1]]);
  const upright = boundingBox(landmarks.map((p) => [x * p[0] + y * p[1], -y * p[0] + x * p[1]]));
  const [u, v] = centerOf(upright);
  return cropMatrix([x * u - y * v, y * u + x * v], [x, y], tight_margin * Math.max(...sizeOf(upright), 1), settings);
}

/**
 * Return the matrix from a picture to a crop. The roll, the side and the center of the crop are
 * rounded as in Python, so that networks whose outputs differ in the last digits get the same crop.
 * @param {number[]} center @param {number[]} across Unit vector of the horizontal axis of the crop.
 * @param {number} side @param {ModelDescription["face"]["lips"]} settings @returns {Matrix}
 */
function cropMatrix(center, across, side, settings) {
  const { crop_side, side_steps, center_steps } = settings;
  const rounded = 2 ** (rint(Math.log2(side) * side_steps) / side_steps);
  const scale = crop_side / rounded;
  const step = 1 / scale / center_steps;
  const [x, y] = center.map((value) => rint(value / step) * step);
  const [a, b, c, d] = rotation(-roundedRoll(across, settings)).map((value) => value * scale);
  const middle = (crop_side - 1) / 2;
  return [a, b, middle - a * x - b * y, c, d, middle - c * x - d * y];
}

/** Return the roll of a vector that points to the right in an upright head. @param {number[]} across @param {ModelDescription["face"]["lips"]} settings */
function roundedRoll([x, y], { roll_steps }) {
  return rint(Math.atan2(y, x) * DEGREES * roll_steps) / roll_steps;
}

/** @param {number[]} vector */
function unit([x, y]) {
  const length = Math.max(Math.hypot(x, y), 1e-6);
  return [x / length, y / length];
}

/** Return the aligned square crop; a large mouth is sampled more finely, then averaged. @param {Pixels} grey @param {Matrix} matrix @param {number} side */
function alignedCrop(grey, matrix, side) {
  const finer = Math.max(1, Math.trunc(1 / Math.hypot(matrix[0], matrix[1]) + 1e-6));
  const shift = (finer - 1) / 2;
  const scaled = matrix.map((value, k) => (k % 3 === 2 ? finer * value + shift : finer * value));
  return resizeToFit(warp(grey, inverse(scaled), finer * side, finer * side), side);
}

/** Reduce a patch to a longer side of `side` pixels, first by whole factors. @param {Pixels} grey @param {number} side */
function smallPatch(grey, side) {
  const factor = Math.max(1, Math.floor(Math.max(grey.width, grey.height) / side));
  const [width, height] = [grey.width, grey.height].map((n) => Math.max(1, Math.floor(n / factor)));
  const whole = cut(grey, 0, 0, Math.min(width * factor, grey.width), Math.min(height * factor, grey.height));
  const coarse = resizeArea(whole, width, height);
  const scale = Math.min(1, side / Math.max(width, height));
  return resizeLinear(coarse, Math.max(1, rint(width * scale)), Math.max(1, rint(height * scale)));
}

/* --------------------------------------------------------------------------------- rotated copies */

/** Turn a grey picture upright for heads with a roll. @param {Pixels} grey @param {number} roll @returns {{copy: Pixels, matrix: Matrix}} */
function rotatedCopy(grey, roll) {
  const { width, height } = grey;
  const [a, b, c, d] = rotation(roll);
  const across = Math.ceil(Math.abs(a) * width + Math.abs(b) * height - 1e-6);
  const down = Math.ceil(Math.abs(c) * width + Math.abs(d) * height - 1e-6);
  const [x, y] = [(across - 1) / 2, (down - 1) / 2];
  /** @type {Matrix} */
  const matrix = [a, b, (width - 1) / 2 - a * x - b * y, c, d, (height - 1) / 2 - c * x - d * y];
  const copy = roll % 90 === 0 ? quarterTurns(grey, rint(roll / 90)) : warp(grey, matrix, across, down);
  return { copy, matrix };
}

/** Map a detection from a rotated copy to the picture. @param {Detection} one @param {Matrix} matrix @param {number} roll @returns {Detection} */
function rotatedBack(one, matrix, roll) {
  const landmarks = one.landmarks.map((point) => transform(point, matrix).map(f32));
  return { box: movedBox(one.box, matrix, roll), score: one.score, landmarks, lips: boundingBox(landmarks), roll: normalized(one.roll + roll) };
}

/** Map the center of a box; its sides stay, or are swapped by a quarter turn. @param {number[]} box @param {Matrix} matrix @param {number} roll */
function movedBox(box, matrix, roll) {
  const [width, height] = sizeOf(box);
  const angle = Math.abs(normalized(roll));
  const middle = transform(centerOf(box), matrix);
  return 45 < angle && angle < 135 ? boxAround(middle, height, width) : boxAround(middle, width, height);
}
