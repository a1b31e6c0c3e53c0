// @ts-check
/** Curves over the epochs of a training, drawn by uPlot, with a legend that follows the pointer. */
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import uPlot from "../vendor/uplot.js";
import { cssColour, cssValue, onThemeChange } from "./theme.js";

/**
 * @typedef {object} Curve
 * @property {string} key Unique key.
 * @property {string} label Name in the legend.
 * @property {number[]} x
 * @property {(number | null)[]} y
 * @property {string} colour CSS colour, or the name of a CSS variable such as `--accent`.
 * @property {boolean} [dashed]
 * @property {boolean} [faint] True for a curve of an earlier run.
 */

/**
 * Join curves with different x values into the columns of uPlot.
 * @param {Curve[]} curves
 * @returns {(number | null)[][]} The ascending x values, and one column of y values per curve.
 */
export function columns(curves) {
  const xs = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const row = new Map(xs.map((x, index) => [x, index]));
  const ys = curves.map((curve) => {
    /** @type {(number | null)[]} */
    const column = new Array(xs.length).fill(null);
    curve.x.forEach((x, index) => {
      const y = curve.y[index];
      column[/** @type {number} */ (row.get(x))] = Number.isFinite(y) ? y : null;
    });
    return column;
  });
  return [xs, ...ys];
}

/**
 * Show curves. New points are added without a jump of the layout.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {(x: any) => string} props.xText Text for a place on the x axis.
 * @param {Curve[]} props.curves
 * @param {(value: number) => string} props.format Formats a value of the y axis.
 * @param {[number, number]} [props.range] Limits of the y axis; the data decide without them.
 * @param {number} [props.xMax] Least end of the x axis, such as the planned number of epochs.
 * @param {number} [props.mark] x value to mark, such as the best epoch.
 */
export function Curves({ title, xText, curves, format, range, xMax, mark }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const [theme, setTheme] = useState(0);
  const data = columns(curves);
  const shape = curves.map((c) => [c.key, c.colour, c.dashed, c.faint].join()).join("|");

  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), []);

  useEffect(() => {
    const host = /** @type {HTMLElement} */ (box.current);
    const limits = { xMax, range };
    const made = new uPlot(options(host, curves, format, limits, setAt, mark), data, host);
    made.moue = limits;
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: host.clientHeight }));
    watcher.observe(host);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme, mark]);

  useEffect(() => {
    if (!plot.current) return;
    Object.assign(plot.current.moue, { xMax, range });
    plot.current.setData(data);
  });

  const index = at ?? data[0].length - 1;
  return html`<figure class="chart">
    <figcaption>
      <strong>${title}</strong>
      <span class="chart-x">${data[0].length ? xText(data[0][index] ?? "–") : ""}</span>
    </figcaption>
    <div class="chart-plot" ref=${box} aria-hidden="true"></div>
    <ul class="chart-legend">
      ${curves.map((curve, row) => {
        const value = at === null ? lastOf(data[row + 1]) : data[row + 1][index];
        return html`<li key=${curve.key} class=${curve.faint ? "faint" : ""}>
          <${Swatch} colour=${curve.colour} dashed=${curve.dashed} />
          <span class="name">${curve.label}</span>
          <span class="value">${value === null || value === undefined ? "–" : format(value)}</span>
        </li>`;
      })}
    </ul>
  </figure>`;
}

/** @param {{colour: string, dashed?: boolean}} props */
function Swatch({ colour, dashed }) {
  return html`<svg class="swatch" width="18" height="8" viewBox="0 0 18 8" aria-hidden="true">
    <line x1="1" y1="4" x2="17" y2="4" style=${{ stroke: cssValue(colour) }} stroke-width="2.5"
      stroke-linecap="round" stroke-dasharray=${dashed ? "3.5 4" : "none"} />
  </svg>`;
}

/** @param {(number | null)[]} column */
function lastOf(column) {
  for (let index = column.length - 1; index >= 0; index -= 1) {
    if (column[index] !== null) return column[index];
  }
  return null;
}

/**
 * @param {HTMLElement} host
 * @param {Curve[]} curves
 * @param {(value: number) => string} format
 * @param {{xMax?: number, range?: [number, number]}} limits Limits, read at each drawing.
 * @param {(index: number | null) => void} setAt Receives the index under the pointer.
 * @param {number} [mark]
 */
function options(host, curves, format, limits, setAt, mark) {
  const text = cssColour("--muted");
  const grid = { stroke: cssColour("--line"), width: 1 };
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: text, font, grid, ticks: { show: false } };
  return {
    width: host.clientWidth || 300,
    height: host.clientHeight || 200,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: {
      x: { time: false, range: (/** @type {uPlot} */ _, /** @type {number} */ low, /** @type {number} */ high) => [Math.min(low, 1), Math.max(high, limits.xMax ?? 1, 2)] },
      y: { range: (/** @type {uPlot} */ _, /** @type {number} */ low, /** @type {number} */ high) => limits.range ?? padded(low, high) },
    },
    axes: [
      { ...axis, size: 24, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], values: (_, ticks) => ticks.map(String) },
      { ...axis, size: 44, values: (_, ticks) => ticks.map(format) },
    ],
    series: [{}, ...curves.map(drawn)],
    hooks: {
      setCursor: [(/** @type {uPlot} */ plot) => setAt(plot.cursor.idx ?? null)],
      draw: [(/** @type {uPlot} */ plot) => mark && drawMark(plot, mark)],
    },
  };
}

/** @param {Curve} curve */
function drawn(curve) {
  return {
    stroke: cssColour(curve.colour),
    width: curve.faint ? 1.25 : 2,
    alpha: curve.faint ? 0.55 : 1,
    dash: curve.dashed ? [4, 4] : undefined,
    spanGaps: true,
    points: { show: curve.x.length < 2 },
  };
}

/** @param {number} low @param {number} high @returns {[number, number]} */
function padded(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const gap = (high - low || Math.abs(high) || 1) * 0.08;
  return [low >= 0 ? Math.max(0, low - gap) : low - gap, high + gap];
}

/** Draw a vertical line at an x value. @param {uPlot} plot @param {number} x */
function drawMark(plot, x) {
  const { ctx, bbox } = plot;
  const at = plot.valToPos(x, "x", true);
  ctx.save();
  ctx.strokeStyle = cssColour("--accent");
  ctx.globalAlpha = 0.5;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(at, bbox.top);
  ctx.lineTo(at, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
