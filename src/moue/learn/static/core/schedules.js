// @ts-check
/** Learning-rate schedules, as factors of the learning rate. */

export const RISE = 0.2;

/** Schedules by name; the argument is the share of the training that is done. */
export const SCHEDULES = {
  constant: (/** @type {number} */ _share) => 1,
  step: (/** @type {number} */ share) => (share >= 2 / 3 ? 0.1 : 1),
  cosine: (/** @type {number} */ share) => 0.5 + 0.5 * Math.cos(Math.PI * share),
  one_cycle: (/** @type {number} */ share) =>
    share < RISE ? 0.1 + (0.9 * share) / RISE : 0.5 + 0.5 * Math.cos((Math.PI * (share - RISE)) / (1 - RISE)),
};

/** @param {keyof typeof SCHEDULES} name @param {number[]} shares @returns {number[]} */
export const factors = (name, shares) => shares.map((share) => SCHEDULES[name](share));

/** StepLR as in torch. @param {number} rate @param {number} size epochs between two steps @param {number} gamma @param {number} epoch from 0 */
export const stepLR = (rate, size, gamma, epoch) => rate * gamma ** Math.floor(epoch / size);

/** StepLR at the start of each epoch. @param {number} rate @param {number} size @param {number} gamma @param {number} epochs @returns {number[]} */
export const stepRates = (rate, size, gamma, epochs) => Array.from({ length: epochs }, (_, epoch) => stepLR(rate, size, gamma, epoch));
