// @ts-check
/** A picture with the boxes and landmarks of its faces. */

import { html, useState } from "../vendor/preact.js";
import { Icon } from "../icons.js";
import { t } from "../i18n.js";

/** @param {{picture: any, name: string, marks: boolean}} props */
export function Overlay({ picture, name, marks }) {
  const [failed, setFailed] = useState("");
  const width = picture?.width ?? 4;
  const height = picture?.height ?? 3;
  if (failed === name) {
    return html`<div class="empty"><${Icon} name="warning" /><p>${t("This file cannot be shown: it is not a picture that moue reads.")}</p></div>`;
  }
  const thick = Math.max(width, height) / 400;
  const faces = Array.isArray(picture?.faces) ? picture.faces : [];
  return html`<svg class="overlay" viewBox="0 0 ${width} ${height}" role="img" aria-label=${t("Picture {name}, {n} faces", { name, n: faces.length })}>
    <image key=${name} href="api/v1/pictures/${encodeURIComponent(name)}/image?side=1024" width=${width} height=${height} onError=${() => setFailed(name)} />
    ${marks && faces.map((face, index) => html`<g key=${index} stroke-width=${thick} fill="none">
      <${Box} box=${face.box} class="mark-face" /><${Box} box=${face.lips} class="mark-lips" />
      <${Turned} box=${face.mouth_box} roll=${face.roll} />
      ${(face.landmarks ?? []).map(([x, y], at) => html`<circle key=${at} cx=${x} cy=${y} r=${thick * 1.5} class="mark-point" />`)}</g>`)}</svg>`;
}

function Box({ box, class: name, transform }) {
  if (!box) return null;
  const [left, top, right, bottom] = box;
  return html`<rect x=${left} y=${top} width=${right - left} height=${bottom - top} class=${name} transform=${transform} />`;
}

/** The mouth box; from 10 degrees of roll on it is cut along the mouth. */
function Turned({ box, roll }) {
  if (!box) return null;
  const [left, top, right, bottom] = box;
  const turn = Math.abs(roll ?? 0) < 10 ? undefined : `rotate(${roll} ${(left + right) / 2} ${(top + bottom) / 2})`;
  return html`<${Box} box=${box} class="mark-mouth" transform=${turn} />`;
}
