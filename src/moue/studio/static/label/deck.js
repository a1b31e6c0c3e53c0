// @ts-check
/**
 * The mouths to label, one after the other. Labelled mouths leave the filter of the server, so the
 * deck keeps what it has shown and asks for more from the front of the list.
 */

import { signal } from "../vendor/preact.js";
import { get } from "../api.js";
import { unsent } from "../gestures.js";
import { hold } from "../list.js";

const AHEAD = 24;
const PART = 60;

export class Deck {
  /** @param {URLSearchParams} query filter and order of the mouths */
  constructor(query) {
    this.query = query;
    /** The mouths shown so far and the next ones. */
    this.items = signal(/** @type {any[]} */ ([]));
    this.position = signal(0);
    /** Whether the first answer is there. */
    this.ready = signal(false);
    this.error = signal(/** @type {any} */ (null));
    this.known = new Set();
    this.skipped = 0;
    this.loading = false;
    this.empty = false;
    this.end = hold(this);
    this.fill();
  }

  close() { this.end(); }

  get current() { return this.items.value[this.position.value] ?? null; }

  /** @param {string} name @param {any} fields */
  patch(name, fields) {
    if (!this.known.has(name)) return;
    this.items.value = this.items.value.map((item) => (item.name === name ? { ...item, ...fields } : item));
  }

  /** @param {number} by */
  step(by) {
    if (by > 0 && this.current && this.query.has("label") && !this.current.label) this.skipped += 1;
    this.position.value = Math.max(0, Math.min(this.items.value.length, this.position.value + by));
    this.fill();
  }

  /** @param {string} name @returns {boolean} whether the deck has this mouth */
  goTo(name) {
    const index = this.items.value.findIndex((item) => item.name === name);
    if (index >= 0) this.position.value = index;
    return index >= 0;
  }

  async fill() {
    if (this.loading || this.empty || this.items.value.length - this.position.value > AHEAD) return;
    this.loading = true;
    try {
      const query = new URLSearchParams(this.query);
      // Without a filter by label nothing leaves the list, so it continues after what is known.
      const leaves = query.has("label");
      query.set("offset", String(leaves ? Math.max(0, this.skipped - 50) : this.known.size));
      query.set("limit", String(Math.min(500, PART + (leaves ? 100 + unsent.peek() : 0))));
      const answer = await get("mouths", query);
      const fresh = answer.items.filter((item) => !this.known.has(item.name)).slice(0, PART);
      fresh.forEach((item) => this.known.add(item.name));
      this.items.value = [...this.items.value, ...fresh];
      this.empty = fresh.length === 0;
      this.error.value = null;
      fresh.forEach(preload);
    } catch (error) {
      this.error.value = error;
    } finally {
      this.loading = false;
      this.ready.value = true;
    }
  }
}

/** @param {any} item */
function preload(item) {
  const image = new Image();
  image.decoding = "async";
  image.src = largeThumbnail(item.thumbnail);
}

/** @param {string} url */
export const largeThumbnail = (url) => `${url}${url.includes("?") ? "&" : "?"}side=192`;
