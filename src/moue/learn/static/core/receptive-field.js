// @ts-check
/** Sizes, strides and receptive fields of a chain of convolutions. */

/** @typedef {{name: string, kernel: number, stride: number, padding: number}} Layer */

/** The convolutions of simpleconv3. @type {Layer[]} */
export const SIMPLECONV3 = [1, 2, 3].map((n) => ({ name: `conv${n}`, kernel: 3, stride: 2, padding: 0 }));

/**
 * For each layer: side of its maps, distance of its pixels in the input, side and start of what a pixel sees.
 * @param {Layer[]} layers @param {number} side side of the input
 * @returns {{name: string, side: number, jump: number, field: number, start: number}[]}
 */
export function fields(layers, side) {
  let [jump, field, start] = [1, 1, 0];
  return [{ name: "input", side, jump, field, start }, ...layers.map(({ name, kernel, stride, padding }) => {
    side = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    start -= padding * jump;
    field += (kernel - 1) * jump;
    jump *= stride;
    return { name, side, jump, field, start };
  })];
}

/** Fields of simpleconv3 with another kernel or stride. @param {number} kernel @param {number} stride @param {number} side */
export const variant = (kernel, stride, side) => fields(SIMPLECONV3.map((layer) => ({ ...layer, kernel, stride })), side).filter((layer) => layer.side > 0);
