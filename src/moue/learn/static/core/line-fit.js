// @ts-check
/** A line fitted by gradient descent on the mean squared error. */

/** @typedef {[number, number][]} Points pairs (x, y) */

/** @param {Points} points @param {number} slope @param {number} intercept @returns {number[]} y − prediction */
export const errors = (points, slope, intercept) => points.map(([x, y]) => y - (slope * x + intercept));

/** @param {Points} points @param {number} slope @param {number} intercept mean squared error */
export function mse(points, slope, intercept) {
  let sum = 0;
  for (const [x, y] of points) sum += (y - slope * x - intercept) ** 2;
  return sum / points.length;
}

/** @param {Points} points @param {number} slope @param {number} intercept @returns {[number, number]} derivatives of the MSE */
export function gradient(points, slope, intercept) {
  let a = 0;
  let b = 0;
  for (const [x, y] of points) {
    const error = y - slope * x - intercept;
    a -= 2 * error * x;
    b -= 2 * error;
  }
  return [a / points.length, b / points.length];
}

/** One step of gradient descent. @param {Points} points @param {[number, number]} line slope and intercept @param {number} rate @returns {[number, number]} */
export function step(points, [slope, intercept], rate) {
  const [a, b] = gradient(points, slope, intercept);
  return [slope - rate * a, intercept - rate * b];
}

/** The line with the smallest MSE. @param {Points} points @returns {[number, number]} */
export function best(points) {
  const n = points.length;
  const mx = points.reduce((sum, [x]) => sum + x, 0) / n;
  const my = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let xx = 0;
  let xy = 0;
  for (const [x, y] of points) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
  }
  const slope = xx ? xy / xx : 0;
  return [slope, my - slope * mx];
}

/** The learning rate from which gradient descent diverges: 2 / largest curvature. @param {Points} points */
export function limit(points) {
  const n = points.length;
  const xx = (2 * points.reduce((sum, [x]) => sum + x * x, 0)) / n;
  const x1 = (2 * points.reduce((sum, [x]) => sum + x, 0)) / n;
  return 2 / ((xx + 2) / 2 + Math.sqrt(((xx - 2) / 2) ** 2 + x1 ** 2));
}
