// @ts-check
/**
 * Decisions that an answer of the server may lack, because the answer was on its way while the
 * person decided. Without them, an old answer would take a newer decision off the screen, and the
 * next key would act on what is no longer true.
 */

const KEPT = 500;

/** @typedef {{fields: Record<string, any>, written: number | null}} Decision */

let clock = 0;
let decisions = /** @type {Decision[]} */ ([]);

/** @returns {number} the time to pass to `withDecisions`, read before the request is sent */
export const now = () => clock;

/**
 * Remember a decision until answers of the server contain it.
 * @param {Record<string, any>} fields changed fields, by name
 * @returns {Decision}
 */
export function remember(fields) {
  const decision = { fields: { ...fields }, written: null };
  decisions = [...decisions.slice(-KEPT), decision];
  return decision;
}

/** The catalog has the decision: requests that are sent from now on return it. @param {Decision} decision */
export function written(decision) { decision.written = ++clock; }

/** The server refused the decision for this name. @param {Decision} decision @param {string} name */
export function refused(decision, name) { delete decision.fields[name]; }

/**
 * Add the decisions to the items of an answer that was possibly computed before them.
 * @template {{name: string}} Item
 * @param {Item[]} items @param {number} since what `now` returned before the request
 * @returns {Item[]}
 */
export function withDecisions(items, since) {
  const missing = decisions.filter((one) => one.written === null || one.written > since);
  if (!missing.length) return items;
  return items.map((item) => missing.reduce((so, one) => ({ ...so, ...one.fields[item.name] }), item));
}
