// @ts-check
/**
 * A filtered, sorted list of the server, of any length, loaded in parts where it is looked at.
 * Each place is a signal, so one changed item renders one cell.
 */

import { batch, signal } from "./vendor/preact.js";
import { get } from "./api.js";
import { now, withDecisions } from "./recent.js";

const PART = 100;
const KEPT_PARTS = 12;
/** @typedef {{patch(name: string, fields: any): void, refresh?(names: string[]): void}} Holder */
const open = /** @type {Set<Holder>} */ (new Set());

/**
 * Let a decision change the items of an object.
 * @param {Holder} holder @returns {() => void} ends it
 */
export function hold(holder) {
  open.add(holder);
  return () => { open.delete(holder); };
}

export class List {
  /**
   * @param {string} path "pictures" or "mouths"
   * @param {URLSearchParams} query filter and sort order
   */
  constructor(path, query) {
    this.path = path;
    this.query = new URLSearchParams(query);
    /** Number of items; null until the first answer. */
    this.total = signal(/** @type {number | null} */ (null));
    this.error = signal(/** @type {any} */ (null));
    this.places = /** @type {Map<number, {value: any, peek: () => any}>} */ (new Map());
    this.indexes = /** @type {Map<string, number>} */ (new Map());
    this.parts = /** @type {Map<number, AbortController | "loaded">} */ (new Map());
    this.pending = /** @type {Map<number, Promise<void>>} */ (new Map());
    this.closed = false;
    /** Name of the list of the server, which stays as it is while the catalog changes. */
    this.token = "";
    this.end = hold(this);
  }

  close() {
    this.end();
    this.closed = true;
    for (const part of this.parts.values()) if (part instanceof AbortController) part.abort();
  }

  /** The signal of a place; its value is undefined until it is loaded. @param {number} index */
  place(index) {
    let found = this.places.get(index);
    if (!found) this.places.set(index, (found = signal(undefined)));
    return found;
  }

  /** @param {number} index @returns {any} the item, or undefined */
  peek(index) { return this.places.get(index)?.peek(); }

  /** @param {string} name @returns {number | undefined} */
  indexOf(name) { return this.indexes.get(name); }

  /**
   * Load the parts of a range, and stop loading parts far from it.
   * @param {number} from @param {number} to inclusive
   */
  async ensure(from, to) {
    const first = Math.floor(Math.max(0, from) / PART);
    const last = Math.floor(Math.max(0, to) / PART);
    for (const [part, control] of this.parts) {
      if (control instanceof AbortController && (part < first - 1 || part > last + 1)) {
        control.abort();
        this.parts.delete(part);
      }
    }
    const loads = [];
    for (let part = first; part <= last; part++) loads.push(this.parts.has(part) ? this.pending.get(part) : this.load(part));
    await Promise.all(loads); // also those that were on their way
    this.forget((first + last) / 2);
  }

  /** @param {number} part @returns {Promise<void>} */
  load(part) {
    const done = this.fetch(part).finally(() => { if (this.pending.get(part) === done) this.pending.delete(part); });
    this.pending.set(part, done);
    return done;
  }

  /** @param {number} part */
  async fetch(part) {
    const control = new AbortController();
    this.parts.set(part, control);
    const query = new URLSearchParams(this.query);
    query.set("offset", String(part * PART));
    query.set("limit", String(PART));
    if (this.token) query.set("list", this.token);
    const since = now();
    try {
      const answer = await get(this.path, query, control.signal);
      if (control.signal.aborted) return;
      this.parts.set(part, "loaded");
      this.token = answer.list ?? "";
      batch(() => {
        this.total.value = answer.total;
        this.error.value = null;
        withDecisions(answer.items, since).forEach((item, at) => this.set(part * PART + at, item));
      });
    } catch (error) {
      if (control.signal.aborted) return;
      this.parts.delete(part);
      this.error.value = error;
    }
  }

  /** @param {number} index @param {any} item */
  set(index, item) {
    this.indexes.set(item.name, index);
    this.place(index).value = item;
  }

  /** Keep the parts nearest to a part, so that memory stays flat. @param {number} centre */
  forget(centre) {
    if (this.places.size > 2 * KEPT_PARTS * PART) { // places that were only passed by
      for (const index of this.places.keys()) {
        const part = Math.floor(index / PART);
        if (!this.parts.has(part) && Math.abs(part - centre) > 2) this.places.delete(index);
      }
    }
    const loaded = [...this.parts].filter(([, value]) => value === "loaded").map(([part]) => part);
    if (loaded.length <= KEPT_PARTS) return;
    loaded.sort((a, b) => Math.abs(b - centre) - Math.abs(a - centre));
    for (const part of loaded.slice(0, loaded.length - KEPT_PARTS)) {
      this.parts.delete(part);
      for (let index = part * PART; index < (part + 1) * PART; index++) {
        const item = this.places.get(index)?.peek();
        if (item && this.indexes.get(item.name) === index) this.indexes.delete(item.name);
        this.places.delete(index);
      }
    }
  }

  /** Change fields of a loaded item. @param {string} name @param {any} fields */
  patch(name, fields) {
    const index = this.indexes.get(name);
    const place = index === undefined ? undefined : this.places.get(index);
    if (place?.peek()) place.value = { ...place.peek(), ...fields };
  }

  /** Fetch the parts that hold these items again. @param {string[]} names */
  refresh(names) {
    const indexes = names.map((name) => this.indexes.get(name)).filter((index) => index !== undefined);
    const parts = new Set(indexes.map((index) => Math.floor(/** @type {number} */ (index) / PART)));
    parts.forEach((part) => { if (this.parts.get(part) === "loaded") this.load(part); });
  }

  /** Fetch the parts of a range again; the old items stay until the new ones are there. */
  async reload(from = 0, to = PART - 1) {
    this.token = "";
    const first = Math.floor(from / PART);
    const last = Math.floor(to / PART);
    for (const [part, control] of [...this.parts]) {
      if (control instanceof AbortController) control.abort();
      if (control instanceof AbortController || part < first || part > last) this.parts.delete(part);
    }
    const loads = [];
    for (let part = first; part <= last; part++) loads.push(this.load(part));
    await Promise.all(loads);
  }
}

/** Change an item wherever it is shown. @param {string} name @param {any} fields */
export function patchAll(name, fields) {
  batch(() => open.forEach((list) => list.patch(name, fields)));
}

/** Fetch these items again where they are shown. @param {string[]} names */
export function refreshNames(names) {
  open.forEach((holder) => holder.refresh?.(names));
}
