// @ts-check
/** Arithmetic of the charts. */

/**
 * Return a function from a value in [low, high] to a coordinate; values outside are clipped.
 * @param {number} low
 * @param {number} high
 * @param {number} start
 * @param {number} end
 */
export function scale(low, high, start, end) {
  const span = high - low || 1;
  return (/** @type {number} */ value) =>
    start + ((Math.min(Math.max(value, low), high) - low) / span) * (end - start);
}

/**
 * Return round values between two limits, for the ticks of an axis.
 * @param {number} low
 * @param {number} high
 * @param {number} [about] Approximate number of ticks.
 */
export function ticks(low, high, about = 4) {
  if (!(high > low)) return [low];
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw * 0.999) ?? raw;
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high * (1 + 1e-9); n += 1) {
    found.push(Number((n * step).toPrecision(10)));
  }
  return found;
}

/**
 * Return the points of a polyline; null values interrupt it.
 * @param {(readonly [number, number] | null)[]} points
 */
export function path(points) {
  let text = "";
  let pen = "M";
  for (const point of points) {
    if (!point) {
      pen = "M";
      continue;
    }
    text += `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    pen = "L";
  }
  return text;
}
