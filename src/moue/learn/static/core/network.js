// @ts-check
/** The network simpleconv3, layer by layer. */

export const SIDE = 48;
const EPS = 1e-5;

/**
 * @typedef {object} Maps
 * @property {Float32Array} values (C, H, W) @property {number} count @property {number} side
 */

/**
 * The input of the network: the centre of a mouth, from −1 to 1.
 * @param {ArrayLike<number>} pixels (64, 64, 3) @param {number} size side of the picture @returns {Maps}
 */
export function input(pixels, size) {
  const start = (size - SIDE) / 2;
  const values = new Float32Array(3 * SIDE * SIDE);
  for (let c = 0; c < 3; c += 1) for (let y = 0; y < SIDE; y += 1) for (let x = 0; x < SIDE; x += 1) {
    const value = pixels[3 * ((y + start) * size + x + start) + c];
    values[(c * SIDE + y) * SIDE + x] = (value / 255 - 0.5) / 0.5;
  }
  return { values, count: 3, side: SIDE };
}

/**
 * A 3x3 convolution with stride 2 and without padding.
 * @param {Maps} maps @param {Float32Array} weight (O, C, 3, 3) @param {Float32Array} bias (O) @returns {Maps}
 */
export function convolution({ values, count, side }, weight, bias) {
  const size = Math.floor((side - 3) / 2) + 1;
  const out = new Float32Array(bias.length * size * size);
  for (let o = 0; o < bias.length; o += 1) for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) {
    let sum = bias[o];
    for (let c = 0; c < count; c += 1) for (let j = 0; j < 3; j += 1) {
      const row = (c * side + 2 * y + j) * side + 2 * x;
      const w = ((o * count + c) * 3 + j) * 3;
      sum += weight[w] * values[row] + weight[w + 1] * values[row + 1] + weight[w + 2] * values[row + 2];
    }
    out[(o * size + y) * size + x] = sum;
  }
  return { values: out, count: bias.length, side: size };
}

/** Batch normalisation with the stored statistics. @param {Maps} maps @param {Record<string, any>} w @param {string} name @returns {Maps} */
export function normalized({ values, count, side }, w, name) {
  const area = side * side;
  const out = new Float32Array(values.length);
  for (let c = 0; c < count; c += 1) {
    const factor = w[`${name}.weight`][c] / Math.sqrt(w[`${name}.running_var`][c] + EPS);
    const shift = w[`${name}.bias`][c] - factor * w[`${name}.running_mean`][c];
    for (let i = 0; i < area; i += 1) out[c * area + i] = factor * values[c * area + i] + shift;
  }
  return { values: out, count, side };
}

/** Negative values become 0. @param {Maps} maps @returns {Maps} */
export const relu = ({ values, ...rest }) => ({ values: values.map((v) => Math.max(0, v)), ...rest });

/** A linear layer with weights of 8 bits. @param {ArrayLike<number>} values @param {Record<string, any>} w @param {string} name */
export function linear(values, w, name) {
  const weight = w[`${name}.weight`];
  const scale = w[`${name}.scale`];
  const bias = w[`${name}.bias`];
  const out = new Float32Array(bias.length);
  for (let o = 0; o < bias.length; o += 1) {
    let sum = 0;
    const row = o * values.length;
    for (let i = 0; i < values.length; i += 1) sum += weight[row + i] * values[i];
    out[o] = sum * scale[o] + bias[o];
  }
  return out;
}

/**
 * Run the network and keep what each layer gives.
 * @param {Record<string, any>} w weights @param {ArrayLike<number>} pixels (S, S, 3) @param {number} size S
 * @returns {Record<string, Maps>} `input`; `conv1`, `bn1`, `relu1` and so on; `fc1`, `fc2`, `fc3`
 */
export function forward(w, pixels, size) {
  /** @type {Record<string, Maps>} */
  const all = { input: input(pixels, size) };
  let now = all.input;
  for (const n of [1, 2, 3]) {
    all[`conv${n}`] = convolution(now, w[`conv${n}.weight`], w[`conv${n}.bias`]);
    all[`bn${n}`] = normalized(all[`conv${n}`], w, `bn${n}`);
    now = all[`relu${n}`] = relu(all[`bn${n}`]);
  }
  let values = now.values;
  for (const name of ["fc1", "fc2", "fc3"]) {
    const out = linear(values, w, name);
    values = name === "fc3" ? out : out.map((v) => Math.max(0, v));
    all[name] = { values, count: values.length, side: 1 };
  }
  return all;
}

/** What each layer gives, as plain lists, for tests. @param {Record<string, any>} w @param {ArrayLike<number>} pixels @param {number} size */
export const activations = (w, pixels, size) => Object.fromEntries(Object.entries(forward(w, pixels, size)).map(([name, maps]) => [name, maps.values]));
