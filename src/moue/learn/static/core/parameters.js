// @ts-check
/** Numbers of parameters of the layers of simpleconv3. */

/**
 * @param {number} side side of the input @param {number} labels @param {number} hidden outputs of the first linear layer
 * @returns {{name: string, kind: "convolution" | "normalization" | "linear", count: number, formula: string}[]}
 */
export function parameters(side, labels, hidden) {
  /** @type {{name: string, kind: "convolution" | "normalization" | "linear", count: number, formula: string}[]} */
  const layers = [];
  let channels = 3;
  [12, 24, 48].forEach((outputs, i) => {
    layers.push({ name: `conv${i + 1}`, kind: "convolution", count: outputs * channels * 9 + outputs, formula: `${outputs} × ${channels} × 3 × 3 + ${outputs}` });
    layers.push({ name: `bn${i + 1}`, kind: "normalization", count: 2 * outputs, formula: `2 × ${outputs}` });
    channels = outputs;
    side = Math.floor((side - 3) / 2) + 1;
  });
  let inputs = channels * side * side;
  [hidden, 128, labels].forEach((outputs, i) => {
    layers.push({ name: `fc${i + 1}`, kind: "linear", count: outputs * inputs + outputs, formula: `${outputs} × ${inputs} + ${outputs}` });
    inputs = outputs;
  });
  return layers;
}

/**
 * Divide a rectangle into areas, largest first, along its longer side.
 * @param {number[]} values @param {number} x @param {number} y @param {number} width @param {number} height
 * @returns {{x: number, y: number, width: number, height: number}[]} in the order of the values
 */
export function areas(values, x, y, width, height) {
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  /** @type {{x: number, y: number, width: number, height: number}[]} */
  const boxes = [];
  let rest = values.reduce((a, b) => a + b, 0);
  for (const i of order) {
    const share = rest ? values[i] / rest : 0;
    if (width >= height) {
      boxes[i] = { x, y, width: width * share, height };
      x += width * share;
      width -= width * share;
    } else {
      boxes[i] = { x, y, width, height: height * share };
      y += height * share;
      height -= height * share;
    }
    rest -= values[i];
  }
  return boxes;
}
