// @ts-check
/** The confusion matrix: each cell is a button that shows its mouths. */
import { html, useRef } from "../vendor/preact.js";
import { LabelBadge } from "../components.js";
import { number, percent, t } from "../i18n.js";

/**
 * @param {object} props
 * @param {string[]} props.labels
 * @param {number[][]} props.counts Rows are true labels, columns predicted labels.
 * @param {{label: string | null, predicted: string | null}} props.chosen
 * @param {(label: string, predicted: string) => void} props.choose
 */
export function Confusion({ labels, counts, chosen, choose }) {
  const table = useRef(/** @type {HTMLTableElement | null} */ (null));
  const selected = [labels.indexOf(chosen.label ?? ""), labels.indexOf(chosen.predicted ?? "")];
  const focusable = selected.includes(-1) ? firstMistake(counts) : selected;
  /** @param {KeyboardEvent} event @param {number} row @param {number} column */
  const move = (event, row, column) => {
    const step = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] })[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = table.current?.querySelector(`[data-cell="${row + step[0]},${column + step[1]}"]`);
    if (next instanceof HTMLElement) next.focus();
  };
  return html`<div class="scroll-x"><table class="confusion" ref=${table}>
    <caption class="visually-hidden">${t("Confusion matrix: rows are true labels, columns predicted labels. A cell shows its mouths.")}</caption>
    <thead>
      <tr><td></td><th class="over" colspan=${labels.length} scope="colgroup">${t("predicted")}</th></tr>
      <tr><th class="corner" scope="col">${t("true label")}</th>${labels.map((label) => html`<th scope="col" key=${label}><${LabelBadge} name=${label} quiet /></th>`)}</tr>
    </thead>
    <tbody>
      ${labels.map((label, row) => {
        const total = counts[row].reduce((sum, value) => sum + value, 0);
        return html`<tr key=${label}><th scope="row"><${LabelBadge} name=${label} quiet /></th>
          ${labels.map((predicted, column) => {
            const count = counts[row][column];
            const share = total ? count / total : 0;
            const right = row === column;
            return html`<td key=${predicted}><button type="button" data-cell="${row},${column}" class=${right ? "cell right" : "cell wrong"}
              aria-pressed=${String(row === selected[0] && column === selected[1])}
              tabindex=${row === focusable[0] && column === focusable[1] ? 0 : -1}
              aria-label=${t("{label} predicted as {predicted}: {count} of {total}", { label, predicted, count, total })}
              style=${{ "--heat": `${Math.round((right ? 34 : 62) * Math.sqrt(share))}%` }}
              onKeyDown=${(/** @type {KeyboardEvent} */ event) => move(event, row, column)}
              onClick=${() => choose(label, predicted)}>
              <span class="count">${number(count)}</span><span class="share">${total ? percent(share) : ""}</span>
            </button></td>`;
          })}
        </tr>`;
      })}
    </tbody>
  </table></div>`;
}

/** @param {number[][]} counts @returns {[number, number]} */
function firstMistake(counts) {
  for (let row = 0; row < counts.length; row += 1) {
    for (let column = 0; column < counts.length; column += 1) if (row !== column && counts[row][column]) return [row, column];
  }
  return [0, 0];
}
