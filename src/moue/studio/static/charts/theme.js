// @ts-check
/** Colours of the style sheet for canvases, which CSS variables do not reach. */

/**
 * Return the value of a CSS variable; another colour is returned unchanged.
 * @param {string} colour CSS colour, or the name of a variable such as `--accent`.
 */
export function cssColour(colour) {
  if (!colour.startsWith("--")) return colour;
  return getComputedStyle(document.documentElement).getPropertyValue(colour).trim();
}

/**
 * Call a function when light becomes dark or the reverse.
 * @param {() => void} changed
 * @returns {() => void} Function that ends the calls.
 */
export function onThemeChange(changed) {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const watcher = new MutationObserver(changed);
  query.addEventListener("change", changed);
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    query.removeEventListener("change", changed);
    watcher.disconnect();
  };
}

/**
 * Return a colour as a CSS value, which follows the theme by itself.
 * @param {string} colour CSS colour, or the name of a variable such as `--accent`.
 */
export const cssValue = (colour) => (colour.startsWith("--") ? `var(${colour})` : colour);
