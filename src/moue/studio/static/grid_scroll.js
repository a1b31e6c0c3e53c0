// @ts-check
/**
 * Positions in a scrolled area that may be higher than a browser allows (33.5 million pixels in
 * Chromium, half of it in Firefox). Below the limit one pixel of scrolling is one pixel of
 * content. Above it, small movements still are, and large ones are scaled.
 */

export const MAX_HEIGHT = 12_000_000;

/**
 * @typedef {{offset: number, scrollTop: number}} Position
 * offset: top of the view in the content; scrollTop: of the element.
 */

/**
 * Return the height of the scrolled element.
 * @param {number} content height of all rows, in pixels
 */
export const heightOf = (content) => Math.min(content, MAX_HEIGHT);

/**
 * Return the scroll position that belongs to an offset.
 * @param {number} offset @param {number} content @param {number} view height of the view
 */
export function scrollTopFor(offset, content, view) {
  if (content <= MAX_HEIGHT) return offset;
  const most = content - view;
  return most <= 0 ? 0 : (offset / most) * (MAX_HEIGHT - view);
}

/**
 * Return the offset after the element was scrolled to `scrollTop`.
 * @param {Position} last @param {number} scrollTop @param {number} content @param {number} view
 */
export function offsetAfter(last, scrollTop, content, view) {
  if (content <= MAX_HEIGHT) return scrollTop;
  const most = content - view;
  if (scrollTop <= 0) return 0;
  if (scrollTop >= MAX_HEIGHT - view - 1) return most;
  const moved = scrollTop - last.scrollTop;
  const offset = Math.abs(moved) < 2 * view ? last.offset + moved : (scrollTop / (MAX_HEIGHT - view)) * most;
  return Math.max(0, Math.min(most, offset));
}
