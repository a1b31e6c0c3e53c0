// @ts-check
/** Draw a picture with its faces: boxes in the colour of the label, and a tag with the label. */

/**
 * @typedef {object} DrawnFace
 * @property {number[]} box Box (left, top, right, bottom) in pixels of the picture.
 * @property {number[] | null} [lips] Lip box.
 * @property {string} text Text of the tag.
 * @property {string} colour Colour of the box and the background of the tag.
 * @property {string} ink Colour of the text.
 * @property {boolean} [faint] True for a face that is not selected.
 */

/**
 * Draw a picture and its faces on a canvas, which gets the size of the picture.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} picture
 * @param {{width: number, height: number}} size Size of the picture in pixels.
 * @param {DrawnFace[]} faces
 * @param {boolean} [mirrored] True to mirror the picture; the text is not mirrored.
 */
export function drawFaces(canvas, picture, size, faces, mirrored = false) {
  const { width, height } = size;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
  context.drawImage(picture, 0, 0, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  drawAll(canvas, context, size, faces, mirrored);
}

/**
 * Draw faces on a transparent canvas that lies over a picture of the same size.
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number}} size Size of the picture in pixels.
 * @param {DrawnFace[]} faces
 */
export function drawBoxes(canvas, size, faces) {
  canvas.width = size.width; // this also clears it
  canvas.height = size.height;
  drawAll(canvas, /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), size, faces, false);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, height: number}} size
 * @param {DrawnFace[]} faces
 * @param {boolean} mirrored
 */
function drawAll(canvas, context, size, faces, mirrored) {
  // The canvas is shown smaller or larger than it is: lines keep about the same size on the screen.
  const unit = Math.max(1, size.width / Math.max(1, canvas.clientWidth || size.width));
  for (const face of faces) drawFace(context, size, face, unit, mirrored);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, height: number}} size
 * @param {DrawnFace} face
 * @param {number} unit Pixels of the canvas in one CSS pixel.
 * @param {boolean} mirrored
 */
function drawFace(context, size, face, unit, mirrored) {
  const [left, top, right, bottom] = placed(face.box, size.width, mirrored);
  context.globalAlpha = face.faint ? 0.45 : 1;
  context.lineJoin = "round";
  // A dark line below the coloured one keeps the box visible on any picture.
  for (const [line, colour] of /** @type {[number, string][]} */ ([[4, "rgba(0,0,0,.45)"], [2, face.colour]])) {
    context.lineWidth = line * unit;
    context.strokeStyle = colour;
    context.beginPath();
    context.roundRect(left, top, right - left, bottom - top, 6 * unit);
    context.stroke();
  }
  if (face.lips) {
    const [x0, y0, x1, y1] = placed(face.lips, size.width, mirrored);
    context.setLineDash([4 * unit, 3 * unit]);
    context.lineWidth = 1.5 * unit;
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    context.setLineDash([]);
  }
  drawTag(context, size, face, { left, top, bottom }, unit);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, height: number}} size
 * @param {DrawnFace} face
 * @param {{left: number, top: number, bottom: number}} at
 * @param {number} unit
 */
function drawTag(context, size, face, at, unit) {
  context.font = `600 ${13 * unit}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  context.textBaseline = "middle";
  const width = context.measureText(face.text).width + 12 * unit;
  const height = 22 * unit;
  const x = Math.max(0, Math.min(at.left, size.width - width));
  const above = at.top - height - 3 * unit;
  const y = above >= 0 ? above : Math.min(at.bottom + 3 * unit, size.height - height);
  context.fillStyle = face.colour;
  context.beginPath();
  context.roundRect(x, y, width, height, 4 * unit);
  context.fill();
  context.fillStyle = face.ink;
  context.fillText(face.text, x + 6 * unit, y + height / 2 + 0.5 * unit);
}

/**
 * @param {number[]} box
 * @param {number} width
 * @param {boolean} mirrored
 */
function placed(box, width, mirrored) {
  const [left, top, right, bottom] = box;
  return mirrored ? [width - right, top, width - left, bottom] : [left, top, right, bottom];
}
