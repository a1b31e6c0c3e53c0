// @ts-check
/** A small generator of random numbers, so that the same seed gives the same figure. */

/** mulberry32. @param {number} seed @returns {() => number} function that returns numbers in [0, 1) */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers in [0, 1) of a seed. @param {number} seed @param {number} count @returns {number[]} */
export function numbers(seed, count) {
  const next = random(seed);
  return Array.from({ length: count }, next);
}
