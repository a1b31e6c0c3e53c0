// @ts-check
/** A random split of files or of whole persons, and the bonds that it cuts. */
import { random } from "./random.js";

/**
 * Choose a share of the groups at random.
 * @param {ArrayLike<number>} groups group of each picture @param {number} share @param {number} seed
 * @returns {boolean[]} true for the pictures of the chosen groups
 */
export function measured(groups, share, seed) {
  const names = [...new Set(Array.from(groups))];
  const next = random(seed);
  for (let i = names.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [names[i], names[j]] = [names[j], names[i]];
  }
  const chosen = new Set(names.slice(0, Math.max(1, Math.round(names.length * share))));
  return Array.from(groups, (group) => chosen.has(group));
}

/** Share of the measured pictures whose person also has pictures in the training set. @param {ArrayLike<number>} persons @param {boolean[]} inTest */
export function shared(persons, inTest) {
  const trained = new Set(Array.from(persons).filter((_, i) => !inTest[i]));
  const tested = Array.from(persons).filter((_, i) => inTest[i]);
  return tested.filter((person) => trained.has(person)).length / Math.max(1, tested.length);
}
