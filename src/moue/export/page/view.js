// @ts-check
/** Draw a frame with its mouths, and the list of faces. */

import { appliedRoll } from "./moue.js";
import { labelName, percent, text } from "./texts.js";

/** @typedef {import("./live.js").LiveFace} LiveFace */
/** @typedef {import("./moue.d.ts").ModelDescription} ModelDescription */

/** Black or white, whichever is easier to read on a colour. @param {string} colour */
export function ink(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/** @param {ModelDescription["model"]} model @param {string | null} label */
export const colourOf = (model, label) => model.colours[label ?? ""];

/**
 * Draw a frame and its faces.
 * @param {HTMLCanvasElement} canvas Its size on the screen follows the frame.
 * @param {HTMLCanvasElement} frame
 * @param {LiveFace[]} faces
 * @param {{description: ModelDescription, mirrored: boolean}} options
 */
export function drawFrame(canvas, frame, faces, { description, mirrored }) {
  const { model, face: settings } = description;
  const { width, height } = frame;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
  context.drawImage(frame, 0, 0);
  // The canvas may be shown smaller or larger: lines keep their size on the screen.
  const unit = Math.max(0.5, width / (canvas.clientWidth || width), height / (canvas.clientHeight || height));
  // The main face comes last, so that it lies on top.
  const drawn = [...faces].reverse();
  for (const { face, label } of drawn)
    drawMouth(context, face.mouthBox, appliedRoll(face.roll, settings.upright_from), colourOf(model, label), unit);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.font = `600 ${14 * unit}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  // Long tags of small faces would cover the tags of their neighbours.
  const isLong = drawn.some((one) => context.measureText(tagOf(one, true, true)).width > 2 * (one.face.mouthBox[2] - one.face.mouthBox[0]));
  const numbered = faces.length > 1;
  for (const one of drawn) drawTag(context, one, { model, mirrored, unit, width, words: tagOf(one, numbered, !numbered || !isLong) });
}

/** Return the text of a tag. @param {LiveFace} one @param {boolean} numbered @param {boolean} measured With the probability. */
function tagOf(one, numbered, measured) {
  return `${numbered ? `${one.number}  ` : ""}${labelName(one.label)}${measured ? ` ${percent(one.probability)}` : ""}`;
}

/** @param {CanvasRenderingContext2D} context @param {number[]} box @param {number} roll @param {string} colour @param {number} unit */
function drawMouth(context, [left, top, right, bottom], roll, colour, unit) {
  const side = right - left;
  context.save();
  context.translate((left + right) / 2, (top + bottom) / 2);
  context.rotate((roll * Math.PI) / 180);
  context.lineJoin = "round";
  // A dark line below the coloured one keeps the box visible on any picture.
  for (const [line, style] of /** @type {[number, string][]} */ ([[5, "rgb(0 0 0 / 40%)"], [2.5, colour]])) {
    context.lineWidth = line * unit;
    context.strokeStyle = style;
    context.beginPath();
    context.roundRect(-side / 2, -side / 2, side, side, 4 * unit);
    context.stroke();
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {LiveFace} one
 * @param {{model: ModelDescription["model"], mirrored: boolean, unit: number, width: number, words: string}} options
 */
function drawTag(context, one, { model, mirrored, unit, width, words }) {
  const [left, top, right, bottom] = one.face.mouthBox;
  const colour = colourOf(model, one.label);
  const [w, h] = [context.measureText(words).width + 12 * unit, 22 * unit];
  const start = mirrored ? width - right : left;
  const x = Math.min(Math.max(start, 0), Math.max(0, width - w));
  const y = top - h - 4 * unit > 0 ? top - h - 4 * unit : bottom + 4 * unit;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, w, h, 4 * unit);
  context.fill();
  context.fillStyle = ink(colour);
  context.textBaseline = "middle";
  context.fillText(words, x + 6 * unit, y + h / 2 + unit / 2);
}

/**
 * Show the faces as a list with the probability of each label.
 * @param {HTMLElement} list @param {LiveFace[]} faces @param {ModelDescription["model"]} model
 */
export function listFaces(list, faces, model) {
  while (list.children.length > faces.length) list.lastElementChild?.remove();
  faces.forEach((one, index) => {
    const item = list.children[index] ?? list.appendChild(newItem(model));
    const [title, label] = /** @type {HTMLElement[]} */ ([...item.querySelectorAll(".name, .label")]);
    title.textContent = text("face", { number: one.number });
    label.textContent = `${labelName(one.label)} ${percent(one.probability)}`;
    label.style.background = colourOf(model, one.label);
    label.style.color = ink(colourOf(model, one.label));
    label.dataset.label = one.label ?? "";
    item.querySelectorAll("li").forEach((row, k) => {
      const share = one.probabilities[k];
      const [name, meter, figure] = /** @type {HTMLElement[]} */ ([...row.children]);
      name.textContent = labelName(model.labels[k]);
      /** @type {HTMLElement} */ (meter.firstElementChild).style.width = `${100 * share}%`;
      figure.textContent = percent(share);
    });
  });
}

/** @param {ModelDescription["model"]} model */
function newItem(model) {
  const item = element("li", "face");
  const head = item.appendChild(element("div", "row"));
  head.append(element("span", "name"), element("span", "label"));
  const bars = item.appendChild(element("ul", "bars"));
  for (const label of model.labels) {
    const row = bars.appendChild(element("li", ""));
    const meter = element("span", "meter");
    meter.appendChild(element("span", "")).style.background = colourOf(model, label);
    row.append(element("span", "bar-name"), meter, element("span", "figure"));
  }
  return item;
}

/** @param {string} kind @param {string} name */
function element(kind, name) {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}
