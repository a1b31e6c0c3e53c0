// @ts-check
/** The labels of each track over the last minute, for the timeline. */

/** Time that the timeline shows, in milliseconds. */
export const HISTORY = 60_000;
/** A track that is not seen for this long ends its segment, in milliseconds. */
const GAP = 600;

/** @typedef {{label: string | null, start: number, end: number}} Segment */

export class TrackHistory {
  constructor() {
    /** @type {Map<number, Segment[]>} Segments by track, in order of time. */
    this.tracks = new Map();
    this.now = 0;
  }

  /**
   * Add the faces of one frame.
   * @param {number} now Time in milliseconds.
   * @param {{track: number, steadied: string | null}[]} faces
   */
  add(now, faces) {
    this.now = now;
    for (const { track, steadied } of faces) {
      const segments = this.tracks.get(track) ?? [];
      this.tracks.set(track, segments);
      const last = segments[segments.length - 1];
      if (last && last.label === steadied && now - last.end < GAP) last.end = now;
      else segments.push({ label: steadied, start: last && now - last.end < GAP ? last.end : now, end: now });
    }
    this.forget(now - HISTORY);
  }

  /** Remove what ended before a time. @param {number} time */
  forget(time) {
    for (const [track, segments] of this.tracks) {
      while (segments.length && segments[0].end < time) segments.shift();
      if (!segments.length) this.tracks.delete(track);
    }
  }

  /** Forget all tracks: a new connection numbers them from 1 again. */
  restart() {
    this.tracks.clear();
  }
}
