// @ts-check
/** Follow the faces of a video and steady their labels, as `moue live` does. */

import { centerInside } from "./moue.js";

/** @typedef {import("./moue.d.ts").Detection} Detection */
/** @typedef {import("./moue.d.ts").Pixels} Pixels */
/** @typedef {import("./moue.d.ts").LiveSettings} LiveSettings */
/** @typedef {{face: Detection, lastSeen: number, number: number, hits: number, lost: boolean}} Track */
/** @typedef {{number: number, face: import("./moue.d.ts").Face, label: string | null, probability: number, probabilities: number[]}} LiveFace */

/** Follows the faces of one video and classifies their mouths. */
export class Watcher {
  /** @type {Map<number, Smoother>} */
  #smoothers = new Map();
  #lastRotated = -Infinity;
  #time = 0;

  /** @param {import("./moue.js").Moue} moue @param {number} [minProbability] */
  constructor(moue, minProbability = 0) {
    this.moue = moue;
    this.settings = moue.description.live;
    this.minProbability = minProbability;
    this.tracker = new Tracker((image) => this.#find(image), (image, face) => moue.follow(image, face), this.settings);
  }

  /**
   * Process the next frame.
   * @param {Pixels} image @param {number} time Seconds, not before the previous frame.
   * @returns {Promise<LiveFace[]>} Visible faces, by the number of their track.
   */
  async process(image, time) {
    this.#time = Math.max(this.#time, time);
    const { visible, ended } = await this.tracker.update(image, this.#time);
    for (const track of ended) this.#smoothers.delete(track.number);
    const faces = await this.moue.classify(image, visible.map((track) => track.face));
    return faces.map((face, k) => ({ number: visible[k].number, face, ...this.#smoothed(visible[k].number, face) }));
  }

  /** Rotated copies are searched only at intervals, because that is slow. @param {Pixels} image */
  #find(image) {
    const rotated = this.#time - this.#lastRotated >= this.settings.rotated_every;
    if (rotated) this.#lastRotated = this.#time;
    return this.moue.detect(image, { rotated });
  }

  /** @param {number} number @param {import("./moue.d.ts").Face} face */
  #smoothed(number, face) {
    const { labels } = this.moue;
    const smoother = this.#smoothers.get(number) ?? new Smoother(labels, this.settings, this.minProbability);
    this.#smoothers.set(number, smoother);
    const label = smoother.update(labels.map((name) => face.probabilities[name]), this.#time);
    const probabilities = [...smoother.probabilities];
    const probability = label === null ? Math.max(...probabilities) : probabilities[labels.indexOf(label)];
    return { label, probability, probabilities };
  }
}

/** Assigns the faces of each frame to numbered tracks. */
export class Tracker {
  /** @type {Track[]} */
  #tracks = [];
  /** @type {number | null} */
  #lastSearch = null;
  #lastTime = 0;
  #lastGap = 0;

  /**
   * @param {(image: Pixels) => Promise<Detection[]>} find Finds all faces.
   * @param {(image: Pixels, face: Detection) => Promise<Detection | null>} follow Finds one face near its last position.
   * @param {LiveSettings} settings
   */
  constructor(find, follow, settings) {
    this.find = find;
    this.follow = follow;
    this.settings = settings;
    this.count = 0;
  }

  /** @param {Pixels} image @param {number} time */
  async update(image, time) {
    if (this.#isBreak(time)) for (const track of this.#tracks) track.lost = true;
    // Following is fast, and a lost face makes a search of the whole frame due.
    for (const track of this.#seen()) this.#move(track, await this.follow(image, track.face), time);
    this.#mergeDuplicates();
    const ended = this.#tracks.filter((track) => this.#isExpired(track, time));
    this.#tracks = this.#tracks.filter((track) => !ended.includes(track));
    if (this.#searchIsDue(time)) await this.#search(image, time);
    const visible = this.#seen().filter((track) => track.number).sort((a, b) => a.number - b.number);
    return { visible, ended: ended.filter((track) => track.number) };
  }

  /** Return whether the gap before this frame is so long that all tracks are lost. @param {number} time */
  #isBreak(time) {
    const last = this.#lastGap;
    this.#lastGap = time - this.#lastTime;
    this.#lastTime = time;
    return this.#lastGap > Math.max(this.settings.max_age, this.settings.break_ratio * last);
  }

  #seen() {
    return this.#tracks.filter((track) => !track.lost);
  }

  /** @param {Track} track @param {Detection | null} face @param {number} time */
  #move(track, face, time) {
    track.lost = face === null;
    if (face === null) return;
    Object.assign(track, { face, lastSeen: time, hits: track.hits + 1 });
    if (!track.number && track.hits >= this.settings.min_hits) track.number = this.count += 1;
  }

  /** @param {Track} track @param {number} time */
  #isExpired(track, time) {
    return track.lost && (time - track.lastSeen > this.settings.max_age || !track.number);
  }

  /** @param {number} time */
  #searchIsDue(time) {
    if (this.#lastSearch === null || this.#tracks.some((track) => track.lost && track.number)) return true;
    return time - this.#lastSearch >= this.settings.detect_every;
  }

  /** Find all faces, and assign each to the nearest track. @param {Pixels} image @param {number} time */
  async #search(image, time) {
    this.#lastSearch = time;
    const faces = await this.find(image);
    const pairs = this.#tracks.flatMap((track) => faces.map((face) => ({ track, face, distance: this.#distance(track, face, time) })));
    const [tracks, assigned] = [new Set(), new Set()];
    for (const { track, face, distance } of pairs.sort((a, b) => a.distance - b.distance)) {
      if (distance > 1 || tracks.has(track) || assigned.has(face)) continue;
      tracks.add(track);
      assigned.add(face);
      this.#assign(track, face, time);
    }
    const isTracked = (/** @type {Detection} */ face) =>
      this.#seen().some((track) => centerInside(face.box, track.face.box) || centerInside(track.face.box, face.box));
    const found = faces.filter((face) => !assigned.has(face) && !isTracked(face));
    this.#tracks.push(...found.map((face) => ({ face, lastSeen: time, number: 0, hits: 1, lost: false })));
  }

  /** @param {Track} track @param {Detection} face @param {number} time */
  #assign(track, face, time) {
    if (track.lost) return this.#move(track, face, time);
    // A face with another roll and a lower score is a false positive.
    const turned = ((((face.roll - track.face.roll + 180) % 360) + 360) % 360) - 180;
    if (Math.abs(turned) < this.settings.same_roll || face.score >= track.face.score) track.face = face;
    return undefined;
  }

  /** Mark the newer of two tracks of one face as lost. */
  #mergeDuplicates() {
    const same = (/** @type {Track} */ a, /** @type {Track} */ b) =>
      centerInside(a.face.box, b.face.box) && centerInside(b.face.box, a.face.box);
    this.#tracks.forEach((track, index) => {
      const older = this.#tracks.slice(0, index).filter((one) => !one.lost);
      if (!track.lost && older.some((one) => same(track, one))) track.lost = true;
    });
  }

  /** Return how far a face is from a track; above 1 it is another face. @param {Track} track @param {Detection} face @param {number} time */
  #distance(track, face, time) {
    const { gate, gate_growth, max_size_ratio } = this.settings;
    const [a, b] = [sizeOf(track.face), sizeOf(face)];
    const size = Math.max(a, b, 1);
    if (size / Math.max(Math.min(a, b), 1) > max_size_ratio) return Infinity;
    const [[x, y], [u, v]] = [middle(track.face), middle(face)];
    // The longer a face was lost, the farther it may have moved.
    return Math.hypot(x - u, y - v) / (size * (gate + gate_growth * (time - track.lastSeen)));
  }
}

/** The steadied label of one track: an average over time, and a lead that a new label needs. */
export class Smoother {
  /** @type {number | null} */
  #time = null;

  /** @param {string[]} labels @param {LiveSettings} settings @param {number} minProbability */
  constructor(labels, settings, minProbability) {
    this.labels = labels;
    this.settings = settings;
    this.minProbability = minProbability;
    /** @type {string | null} */
    this.label = null;
    this.probabilities = labels.map(() => 0);
  }

  /** @param {number[]} probabilities @param {number} time @returns {string | null} */
  update(probabilities, time) {
    const { time_constant } = this.settings;
    const first = this.#time === null || !time_constant;
    const weight = first ? 1 : 1 - Math.exp(-Math.max(0, time - /** @type {number} */ (this.#time)) / time_constant);
    this.probabilities = this.probabilities.map((old, k) => old + weight * (probabilities[k] - old));
    this.#time = time;
    this.label = this.#next();
    return this.label;
  }

  #next() {
    const highest = Math.max(...this.probabilities);
    const best = this.labels[this.probabilities.indexOf(highest)];
    const { hysteresis } = this.settings;
    if (highest < this.minProbability) return highest >= this.minProbability - hysteresis / 2 ? this.label : null;
    if (this.label === null) return best;
    const current = this.probabilities[this.labels.indexOf(this.label)];
    return highest - current >= hysteresis ? best : this.label;
  }
}

const sizeOf = (/** @type {Detection} */ { box }) => Math.min(box[2] - box[0], box[3] - box[1]);
const middle = (/** @type {Detection} */ { box }) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
