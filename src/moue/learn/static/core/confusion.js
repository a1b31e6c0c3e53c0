// @ts-check
/** Confusion matrix, coverage and accuracy of predictions with a threshold. */

/**
 * @param {ArrayLike<number>} probabilities (N, K) @param {number} labels K
 * @returns {{label: number, top: number}[]} predicted label and its probability
 */
export function predicted(probabilities, labels) {
  return Array.from({ length: probabilities.length / labels }, (_, n) => {
    let label = 0;
    for (let k = 1; k < labels; k += 1) if (probabilities[n * labels + k] > probabilities[n * labels + label]) label = k;
    return { label, top: probabilities[n * labels + label] };
  });
}

/**
 * Count predictions; the last column counts mouths below the threshold.
 * @param {ArrayLike<number>} probabilities (N, K) @param {ArrayLike<number>} targets @param {number} labels @param {number} threshold
 * @returns {number[][]} (K, K + 1), rows are true labels
 */
export function matrix(probabilities, targets, labels, threshold) {
  const counts = Array.from({ length: labels }, () => new Array(labels + 1).fill(0));
  predicted(probabilities, labels).forEach(({ label, top }, n) => { counts[targets[n]][top >= threshold ? label : labels] += 1; });
  return counts;
}

/** Answered mouths and right answers. @param {ArrayLike<number>} probabilities @param {ArrayLike<number>} targets @param {number} labels @param {number} threshold */
export function answered(probabilities, targets, labels, threshold) {
  let [count, right] = [0, 0];
  predicted(probabilities, labels).forEach(({ label, top }, n) => {
    if (top < threshold) return;
    count += 1;
    right += label === targets[n] ? 1 : 0;
  });
  return { count, right };
}

/** Coverage and accuracy at each probability that occurs, from the highest. @param {ArrayLike<number>} probabilities @param {ArrayLike<number>} targets @param {number} labels */
export function curve(probabilities, targets, labels) {
  const all = predicted(probabilities, labels).map(({ label, top }, n) => ({ top, right: label === targets[n] }));
  all.sort((a, b) => b.top - a.top);
  let right = 0;
  return all.map((one, i) => {
    right += one.right ? 1 : 0;
    return { threshold: one.top, coverage: (i + 1) / all.length, accuracy: right / (i + 1) };
  });
}

/** Wilson's 95 % interval. @param {number} right @param {number} count @returns {[number, number] | null} */
export function wilson(right, count) {
  if (!count) return null;
  const z = 1.959963984540054;
  const share = right / count;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const reach = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)];
}
