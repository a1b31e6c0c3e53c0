// @ts-check
/**
 * The mouths to label, one after the other. The server keeps the list as it was at the first
 * request, so the mouths do not move while they are labelled. At its end, a new list has what was
 * skipped or added.
 */

import { signal } from "../vendor/preact.js";
import { get } from "../api.js";
import { hold } from "../list.js";
import { now, withDecisions } from "../recent.js";

const AHEAD = 150; // mouths in hand: a fast person never waits for the server
const PART = 100;
const PICTURES_AHEAD = 12;

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
    /** Name of the model that predicted; null without predictions, undefined before the first answer. */
    this.model = signal(/** @type {string | null | undefined} */ (undefined));
    this.known = new Set();
    this.token = "";
    this.offset = 0;
    this.pictures = 0;
    this.loading = false;
    this.complete = false;
    this.closed = false;
    this.end = hold(this);
    this.fill();
  }

  close() { this.end(); this.closed = true; }

  /** Whether the last mouth was passed and more are on their way. */
  get waits() { return !this.current && !this.complete && !this.error.value; }

  get current() { return this.items.value[this.position.value] ?? null; }

  /** @param {string} name @param {any} fields */
  patch(name, fields) {
    if (!this.known.has(name)) return;
    this.items.value = this.items.value.map((item) => (item.name === name ? { ...item, ...fields } : item));
  }

  /** @param {number} by */
  step(by) {
    this.position.value = Math.max(0, Math.min(this.items.value.length, this.position.value + by));
    this.preload();
    this.fill();
  }

  /** @param {string} name @returns {boolean} whether the deck has this mouth */
  goTo(name) {
    const index = this.items.value.findIndex((item) => item.name === name);
    if (index >= 0) this.position.value = index;
    return index >= 0;
  }

  async fill() {
    if (this.loading || this.complete || this.closed || this.items.value.length - this.position.value > AHEAD) return;
    this.loading = true;
    try {
      const query = new URLSearchParams(this.query);
      query.set("offset", String(this.offset));
      query.set("limit", String(PART));
      if (this.token) query.set("list", this.token);
      const since = now();
      const answer = await get("mouths", query);
      this.token = answer.list ?? "";
      this.model.value = answer.model;
      this.offset += answer.items.length;
      const fresh = withDecisions(answer.items, since).filter((item) => !this.known.has(item.name));
      fresh.forEach((item) => this.known.add(item.name));
      this.items.value = [...this.items.value, ...fresh];
      this.complete = !answer.items.length || this.offset >= answer.total;
      this.error.value = null;
      this.preload();
    } catch (error) {
      this.error.value = error;
    } finally {
      this.loading = false;
      this.ready.value = true;
    }
    if (!this.error.value) this.fill();
  }

  /** Fetch the pictures of the next mouths, each once. */
  preload() {
    const end = Math.min(this.items.value.length, this.position.value + PICTURES_AHEAD);
    for (this.pictures = Math.max(this.pictures, this.position.value); this.pictures < end; this.pictures++) {
      preload(this.items.value[this.pictures]);
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
