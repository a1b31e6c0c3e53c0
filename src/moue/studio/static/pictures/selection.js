// @ts-check
/** Which items of a list are selected: by name, with Shift for a range. */

import { useEffect, useRef, useState } from "../vendor/preact.js";

const MOST = 5000;

/** @param {import("../list.js").List} list */
export function useSelection(list) {
  const [names, setNames] = useState(/** @type {Set<string>} */ (new Set()));
  const items = useRef(/** @type {Map<string, any>} */ (new Map()));
  const anchor = useRef(/** @type {number | null} */ (null));
  useEffect(() => { setNames(new Set()); items.current.clear(); anchor.current = null; }, [list]);

  const put = (/** @type {Iterable<any>} */ chosen) => {
    const next = new Set(names);
    for (const item of chosen) {
      if (!item || next.size >= MOST) continue;
      next.add(item.name);
      items.current.set(item.name, item);
    }
    setNames(next);
  };
  return {
    names,
    /** The selected items as they are now. */
    items: () => [...names].map((name) => {
      const index = list.indexOf(name);
      return (index === undefined ? undefined : list.peek(index)) ?? items.current.get(name);
    }),
    clear: () => { setNames(new Set()); anchor.current = null; },
    toggle: (/** @type {number} */ index) => {
      const item = list.peek(index);
      if (!item) return;
      anchor.current = index;
      if (!names.has(item.name)) { put([item]); return; }
      const next = new Set(names);
      next.delete(item.name);
      setNames(next);
    },
    /** Select from the last selected item, or from `from`, up to `to`. */
    extend: async (/** @type {number} */ from, /** @type {number} */ to) => {
      anchor.current ??= from;
      const [first, last] = [Math.min(anchor.current, to), Math.min(Math.max(anchor.current, to), Math.min(anchor.current, to) + MOST)];
      await list.ensure(first, last);
      put(Array.from({ length: last - first + 1 }, (_, at) => list.peek(first + at)));
    },
  };
}
