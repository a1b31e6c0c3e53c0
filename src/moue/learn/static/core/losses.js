// @ts-check
/** Cross-entropy and squared error of probabilities, and their gradients by the logits. */

/** @param {number[]} logits @returns {number[]} */
export function softmax(logits) {
  const top = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / sum);
}

/** @param {number[]} p probabilities @param {number} target */
export const crossEntropy = (p, target) => -Math.log(p[target]);

/** Mean squared error against the one-hot target. @param {number[]} p @param {number} target */
export const squaredError = (p, target) => p.reduce((sum, v, i) => sum + (v - (i === target ? 1 : 0)) ** 2, 0) / p.length;

/** Derivatives of the cross-entropy by the logits: p − y. @param {number[]} p @param {number} target @returns {number[]} */
export const crossEntropyGradient = (p, target) => p.map((v, i) => v - (i === target ? 1 : 0));

/** Derivatives of the squared error by the logits, through the softmax. @param {number[]} p @param {number} target @returns {number[]} */
export function squaredErrorGradient(p, target) {
  const errors = p.map((v, i) => (2 * (v - (i === target ? 1 : 0))) / p.length);
  const mean = errors.reduce((sum, e, i) => sum + e * p[i], 0);
  return p.map((v, i) => v * (errors[i] - mean));
}

/**
 * Set one probability and scale the others, so that all sum to 1.
 * @param {number[]} p @param {number} index @param {number} value between 0.001 and 0.997 @returns {number[]}
 */
export function withProbability(p, index, value) {
  const rest = 1 - p[index];
  const least = 0.001;
  const set = Math.min(1 - least * (p.length - 1), Math.max(least, value));
  const scaled = p.map((v, i) => (i === index ? set : Math.max(least, (v * (1 - set)) / rest)));
  const over = scaled.reduce((a, b) => a + b, 0);
  return scaled.map((v) => v / over);
}

/** Length of a list as a vector. @param {number[]} values */
export const norm = (values) => Math.hypot(...values);
