// @ts-check
/** Dictionary comprehensions of a fixed form, step by step. */

/**
 * @typedef {object} Example
 * @property {string} source name of the list or mapping @property {string[]} loop lines of the loop
 * @property {string} code the comprehension @property {[string, number][]} items element and number
 */

/**
 * The comprehensions of the figure, for the reader's counts and sets.
 * @param {Record<string, number>} counts mouths by label @param {Record<string, number>} sets mouths by split
 * @param {number} limit of the condition @returns {Record<string, Example>}
 */
export function examples(counts, sets, limit) {
  const words = ["mouth", "lips", "smile", "face", "pout"];
  return {
    words: {
      source: `words = [${words.map((w) => JSON.stringify(w)).join(", ")}]`,
      loop: ["result = {}", "for word in words:", `    if len(word) < ${limit}:`, "        result[word] = len(word)"],
      code: `{word: len(word) for word in words if len(word) < ${limit}}`,
      items: words.map((word) => [word, word.length]),
    },
    counts: {
      source: `counts = ${python(counts)}`,
      loop: ["result = {}", "for label, n in counts.items():", `    if n < ${limit}:`, "        result[label] = n"],
      code: `{label: n for label, n in counts.items() if n < ${limit}}`,
      items: Object.entries(counts),
    },
    sets: {
      source: `sizes = ${python(sets)}`,
      loop: ["result = {}", "for x in sizes:", `    if sizes[x] < ${limit}:`, "        result[x] = sizes[x]"],
      code: `{x: sizes[x] for x in sizes if sizes[x] < ${limit}}`,
      items: Object.entries(sets),
    },
  };
}

/** A mapping as Python writes it. @param {Record<string, number>} values */
const python = (values) => `{${Object.entries(values).map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")}}`;

/**
 * The steps of a comprehension: for each element the element, the condition, and the entry if it holds.
 * @param {[string, number][]} items @param {number} limit
 * @returns {{item: number, part: "element" | "condition" | "entry", holds: boolean}[]}
 */
export function steps(items, limit) {
  return items.flatMap(([, value], item) => {
    const holds = value < limit;
    return /** @type {const} */ (["element", "condition", ...(holds ? ["entry"] : [])]).map((part) => ({ item, part: /** @type {any} */ (part), holds }));
  });
}

/** The finished dictionary. @param {[string, number][]} items @param {number} limit @returns {Record<string, number>} */
export const result = (items, limit) => Object.fromEntries(items.filter(([, value]) => value < limit));
