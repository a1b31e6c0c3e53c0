// @ts-check
/** Predicted pictures: the chosen one large with its faces, the others as a strip. */
import { html, useEffect, useRef, useSignal } from "../vendor/preact.js";
import { Button, errorText, LabelBadge } from "../components.js";
import { n, number, percent, t, translate } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labelLook, labelText, Shares } from "../charts/label_text.js";
import { drawFaces } from "../live/overlay.js";

/**
 * @typedef {object} Tried A picture that was dropped, pasted or chosen.
 * @property {number} id
 * @property {string} name
 * @property {any} [answer] Answer of the server.
 * @property {CanvasImageSource & {width: number, height: number}} [picture]
 * @property {Error} [error]
 */

/**
 * @param {{tried: Tried[], chosen: number, choose: (index: number) => void, clear: () => void}} props
 */
export function Pictures({ tried, chosen, choose, clear }) {
  const face = useSignal(0);
  const one = tried[chosen];
  const step = (/** @type {number} */ by) => {
    face.value = 0;
    choose(Math.min(Math.max(chosen + by, 0), tried.length - 1));
  };
  useKeys(t("Pictures"), [
    { keys: ["ArrowLeft", "p"], text: t("Previous picture"), run: () => step(-1) },
    { keys: ["ArrowRight", "n"], text: t("Next picture"), run: () => step(1) },
  ]);
  if (!one) return null;
  const faces = one.answer?.faces ?? [];
  return html`<div class="try-main">
      <div class="stage"><${Stage} one=${one} selected=${face.value} /></div>
      <div class="tried-strip" role="group" aria-label=${t("Pictures")}>
        ${tried.map((each, index) => html`<button type="button" key=${each.id} class=${index === chosen ? "chosen" : ""} aria-pressed=${String(index === chosen)}
          onClick=${() => { face.value = 0; choose(index); }}><${Thumb} one=${each} /></button>`)}
        ${tried.length > 1 && html`<${Button} small kind="quiet" onClick=${clear}>${t("Clear")}<//>`}
      </div>
    </div>
    <aside class="try-side">
      <section class="panel">
        <header><h2>${heading(one, faces.length)}</h2></header>
        <p class="muted file-name">${one.name}${one.answer?.width ? ` · ${one.answer.width} × ${one.answer.height}` : ""}</p>
        ${one.error && html`<p role="alert" class="error">${errorText(one.error)}</p>`}
        ${one.answer?.error && html`<p role="alert" class="error">${refusal(one)}</p>`}
        ${one.answer?.note && html`<p class="muted">${one.answer.note}</p>`}
        ${one.answer && !faces.length && !one.answer.error && html`<p class="muted">${t("The smallest face that is searched for has {size} px.", { size: one.answer.min_face ?? 0 })}</p>`}
        ${faces.map((/** @type {any} */ each, /** @type {number} */ index) => html`<${FaceCard} key=${index} face=${each} crop=${one.answer.crops?.[index]} index=${index}
          selected=${faces.length > 1 && index === face.value} choose=${() => (face.value = index)} />`)}
      </section>
    </aside>`;
}

/** @param {Tried} one @param {number} count */
function heading(one, count) {
  if (one.error || one.answer?.error) return t("Not read");
  if (!one.answer) return t("Predicting…");
  return count ? n("{n} face", "{n} faces", count) : t("No face found");
}

/** Why the server did not read a picture. @param {Tried} one */
function refusal(one) {
  const { error, reason, reason_title: title } = one.answer;
  if (reason === "not_an_image") return t("{name} is not a picture or a video.", { name: one.name });
  return title ? t("{name} cannot be read: {reason}.", { name: one.name, reason: translate(title) }) : error;
}

/** @param {{face: any, crop: string | undefined, index: number, selected: boolean, choose: () => void}} props */
function FaceCard({ face, crop, index, selected, choose }) {
  return html`<article class="face-card ${selected ? "selected" : ""}" onClick=${choose} onFocusIn=${choose}>
    ${crop && html`<img src=${crop} alt="" width="72" height="72" />`}
    <div>
      <h3>${face.label ? html`<${LabelBadge} name=${face.label} />` : t("unsure")} <span class="muted">${t("face {n}", { n: index + 1 })}</span></h3>
      <${Shares} probabilities=${face.probabilities} />
      <p class="muted">${t("roll {roll}°, face score {score}", { roll: number(face.roll, { maximumFractionDigits: 0 }), score: number(face.score, { maximumFractionDigits: 2 }) })}</p>
    </div>
  </article>`;
}

/** @param {{one: Tried, selected: number}} props */
function Stage({ one, selected }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    if (!canvas.current || !one.picture) return;
    const faces = one.answer?.faces ?? [];
    drawFaces(canvas.current, one.picture, one.picture, faces.map((/** @type {any} */ face, /** @type {number} */ index) => drawn(face, one, index, selected)));
  }, [one, one.answer, one.picture, selected]);
  if (one.error) return html`<p class="stage-note">${errorText(one.error)}</p>`;
  if (one.answer?.error) return html`<p class="stage-note">${refusal(one)}</p>`;
  if (!one.picture) return html`<p class="stage-note">${t("Predicting…")}</p>`;
  const labels = (one.answer?.faces ?? []).map((/** @type {any} */ face) => labelText(face.label)).join(", ");
  return html`<canvas ref=${canvas} role="img" aria-label=${labels ? `${one.name}: ${labels}` : one.name}></canvas>`;
}

/** @param {any} face @param {Tried} one @param {number} index @param {number} selected */
function drawn(face, one, index, selected) {
  // The server may have reduced the picture that it returned for the drawing.
  const scale = (one.picture?.width ?? 1) / (one.answer.width || one.picture?.width || 1);
  const scaled = (/** @type {number[] | null} */ box) => box && box.map((value) => value * scale);
  const { label } = face;
  return {
    box: /** @type {number[]} */ (scaled(face.box)),
    lips: scaled(face.lips),
    text: `${labelText(label)} ${percent(face.probability)}`,
    faint: one.answer.faces.length > 1 && index !== selected,
    ...labelLook(label),
  };
}

/** @param {{one: Tried}} props */
function Thumb({ one }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    if (!canvas.current || !one.picture) return;
    const { width, height } = one.picture;
    const side = Math.min(width, height);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.current.getContext("2d"));
    context.drawImage(one.picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, 112, 112);
  }, [one.picture]);
  return html`<canvas ref=${canvas} width="112" height="112" role="img" aria-label=${one.name}></canvas>`;
}
