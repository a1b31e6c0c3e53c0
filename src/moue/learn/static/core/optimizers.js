// @ts-check
/** SGD, momentum and Adam on functions of two variables, as in `torch.optim`. */

/** @typedef {[number, number]} Point */
/** @typedef {(x: number, y: number) => number} Surface */

/**
 * Return a function that takes one step of an optimiser; it keeps the state.
 * @param {"sgd" | "momentum" | "adam"} name @param {number} rate learning rate @param {number} [momentum] of `momentum`
 * @returns {(place: Point, gradient: Point) => Point}
 */
export function optimizer(name, rate, momentum = 0.9) {
  if (name === "adam") return adam(rate);
  const decay = name === "momentum" ? momentum : 0;
  let speed = /** @type {Point | null} */ (null);
  return ([x, y], [gx, gy]) => {
    speed = speed ? [decay * speed[0] + gx, decay * speed[1] + gy] : [gx, gy];
    return [x - rate * speed[0], y - rate * speed[1]];
  };
}

/** @param {number} rate @returns {(place: Point, gradient: Point) => Point} Adam with betas .9 and .999 */
function adam(rate) {
  const mean = [0, 0];
  const square = [0, 0];
  let steps = 0;
  return (place, gradient) => {
    steps += 1;
    return /** @type {Point} */ (place.map((value, i) => {
      mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
      square[i] = 0.999 * square[i] + 0.001 * gradient[i] ** 2;
      const m = mean[i] / (1 - 0.9 ** steps);
      const v = square[i] / (1 - 0.999 ** steps);
      return value - (rate * m) / (Math.sqrt(v) + 1e-8);
    }));
  };
}

/** Derivatives of a surface by central differences. @param {Surface} surface @param {Point} place @param {number} [reach] @returns {Point} */
export function slope(surface, [x, y], reach = 1e-4) {
  return [(surface(x + reach, y) - surface(x - reach, y)) / (2 * reach), (surface(x, y + reach) - surface(x, y - reach)) / (2 * reach)];
}

/** Surfaces to race on, each with its view and a start. */
export const SURFACES = {
  valley: { f: (/** @type {number} */ x, /** @type {number} */ y) => 0.05 * x * x + y * y, x: [-10, 10], y: [-5, 5], start: [-8.5, 3.2] },
  curve: { f: (/** @type {number} */ x, /** @type {number} */ y) => 0.05 * (1 - x) ** 2 + 0.5 * (y - x * x) ** 2, x: [-2, 2], y: [-1, 3], start: [-1.6, 0.2] },
  saddle: { f: (/** @type {number} */ x, /** @type {number} */ y) => 0.25 * x * x - 0.5 * y * y + 0.125 * y ** 4 + 0.5, x: [-3, 3], y: [-2.5, 2.5], start: [-2.6, 0.02] },
  hollows: { f: (/** @type {number} */ x, /** @type {number} */ y) => 0.08 * (x * x + y * y) + 0.6 - 0.3 * Math.cos(2.4 * x) - 0.3 * Math.cos(2.4 * y), x: [-4, 4], y: [-4, 4], start: [-3.1, 2.6] },
};

/**
 * A surface through a grid of values, smooth in both directions (Catmull-Rom).
 * @param {number[]} xs ascending, evenly spaced @param {number[]} ys @param {number[][]} values values[row of y][column of x]
 * @returns {Surface}
 */
export function gridSurface(xs, ys, values) {
  const [dx, dy] = [xs[1] - xs[0], ys[1] - ys[0]];
  /** @param {number} j @param {number} i */
  const at = (j, i) => values[Math.min(ys.length - 1, Math.max(0, j))][Math.min(xs.length - 1, Math.max(0, i))];
  return (x, y) => {
    const [u, v] = [(x - xs[0]) / dx, (y - ys[0]) / dy];
    const [i, j] = [clamp(Math.floor(u), xs.length), clamp(Math.floor(v), ys.length)];
    // Outside the grid, the nearest value of its border plus a slope that leads back.
    const [cu, cv] = [Math.min(xs.length - 1, Math.max(0, u)), Math.min(ys.length - 1, Math.max(0, v))];
    const rows = [-1, 0, 1, 2].map((k) => cubic([-1, 0, 1, 2].map((n) => at(j + k, i + n)), cu - i));
    return cubic(rows, cv - j) + 0.1 * (Math.abs(u - cu) + Math.abs(v - cv));
  };
}

/** @param {number} index @param {number} length */
const clamp = (index, length) => Math.min(length - 2, Math.max(0, index));

/** @param {number[]} p values at −1, 0, 1, 2 @param {number} t place between 0 and 1 */
function cubic([a, b, c, d], t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/**
 * Run an optimiser and return its places.
 * @param {Surface} surface @param {Point} start @param {"sgd" | "momentum" | "adam"} name @param {number} rate @param {number} momentum @param {number} steps
 * @returns {Point[]} steps + 1 places, fewer if it leaves all bounds
 */
export function run(surface, start, name, rate, momentum, steps) {
  const step = optimizer(name, rate, momentum);
  const places = [start];
  for (let i = 0; i < steps; i += 1) {
    const next = step(places[i], slope(surface, places[i]));
    if (!next.every((v) => Math.abs(v) < 1e6)) break;
    places.push(next);
  }
  return places;
}

/** Run an optimiser on one of `SURFACES`. @param {keyof typeof SURFACES} surface @param {Point} start @param {"sgd" | "momentum" | "adam"} name @param {number} rate @param {number} momentum @param {number} steps */
export const runOn = (surface, start, name, rate, momentum, steps) => run(SURFACES[surface].f, start, name, rate, momentum, steps);

/** Values of a grid surface at points. @param {number[]} xs @param {number[]} ys @param {number[][]} values @param {Point[]} points */
export const gridValues = (xs, ys, values, points) => points.map(([x, y]) => gridSurface(xs, ys, values)(x, y));
