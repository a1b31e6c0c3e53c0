/** Types of `moue.js`. Boxes are [left, top, right, bottom], points are [x, y], both in pixels. */

/** Pixels, row by row: one byte per channel. An ImageData of a canvas is one. */
export interface Pixels {
  width: number;
  height: number;
  /** 1 (grey), 3 (RGB) or 4 (RGBA) bytes per pixel. */
  data: Uint8Array | Uint8ClampedArray;
}

/** A face, before its mouth is classified. */
export interface Detection {
  box: number[];
  /** From 0 to 1: face score times the probability that the mouth is visible. */
  score: number;
  /** 20 points on the outer border of the lips, from the left corner along the lower lip. */
  landmarks: number[][];
  /** Box around the landmarks. */
  lips: number[];
  /** Clockwise rotation of the head in degrees, from -180 to 180. */
  roll: number;
}

/** A face and the expression of its mouth. */
export interface Face extends Detection {
  /** Square around the lips that the classifier sees, turned by the roll about its center. */
  mouthBox: number[];
  /** The most probable label; null if its probability is below `minProbability`. */
  label: string | null;
  probability: number;
  /** Probability of each label. */
  probabilities: Record<string, number>;
}

export interface Options {
  /** false to skip the slow search for tilted heads in rotated copies; true by default. */
  rotated?: boolean;
  /** Smallest face to search for, in pixels; about 1/40 of the longer side by default. */
  minFace?: number;
  /** Probability below which the label is null; 0 by default. */
  minProbability?: number;
}

/** Content of `model.json`. */
export interface ModelDescription {
  format: number;
  /** Version of moue that wrote the file. */
  moue: string;
  model: {
    name: string;
    /** Terms of use of the bundled networks. */
    terms: string[];
    labels: string[];
    /** Colour of each label as #rrggbb; the empty name is for faces without a label. */
    colours: Record<string, string>;
    /** Pairs of a maximum error rate and the probability below which the model abstains. */
    abstention_thresholds: [number, number][];
    input_size: number;
  };
  files: Record<string, { path: string; bytes: number; sha256: string }>;
  face: FaceSettings;
  live: LiveSettings;
}

/** Settings of face detection and of the mouth crop, as in the Python package. */
export interface FaceSettings {
  backend: string;
  side: number; min_face: number; min_side: number;
  local_roll: number; local_scale: number; local_side: number;
  crop_scale: number; upright_from: number; min_weight: number;
  strides: number[];
  min_score: number; confident_score: number; upright_score: number;
  nms_iou: number; nms_containment: number;
  group: number; small_face: number; group_score: number;
  downscale: number; closeup_side: number; patch_side: number;
  lips: {
    crop_side: number; crop_margin: number; crop_offset_y: number; tight_margin: number;
    roll_steps: number; side_steps: number; center_steps: number;
    left_corner: number; right_corner: number;
  };
  rotated: {
    rolls: number[]; side: number; certain_score: number; check_scale: number; check_side: number;
    tilted_score: number; sideways_score: number; same_roll: number;
  };
}

/** Settings of tracking and smoothing, as in `moue live`; times in seconds. */
export interface LiveSettings {
  detect_every: number; max_age: number; time_constant: number; hysteresis: number;
  rotated_every: number; min_hits: number; gate: number; gate_growth: number;
  max_size_ratio: number; break_ratio: number; same_roll: number;
}

export declare class Moue {
  /** Use `Moue.load` or `Moue.create`. */
  private constructor();
  readonly description: ModelDescription;
  /** Labels in the order of the outputs of the classifier. */
  readonly labels: string[];

  /**
   * Fetch `model.json` and the networks from a folder.
   * @param ort ONNX Runtime: the module `ort.wasm.bundle.min.mjs`.
   * @param folder Address of the folder; it ends with a slash.
   * @param progress Called with the bytes that have arrived, and all bytes.
   */
  static load(ort: unknown, folder: URL | string, progress?: (done: number, total: number) => void): Promise<Moue>;

  /** Start networks that are in memory, by their names in `model.json`. */
  static create(ort: unknown, description: ModelDescription, networks: Record<string, Uint8Array>): Promise<Moue>;

  /** Find all faces of a picture and classify their mouths; the main face comes first. */
  predict(image: Pixels, options?: Options): Promise<Face[]>;

  /** Find all faces of a picture; the main face comes first. */
  detect(image: Pixels, options?: Options): Promise<Detection[]>;

  /** Find a face again near its position in the previous frame; null if it is lost. */
  follow(image: Pixels, face: Detection): Promise<Detection | null>;

  /** Classify the mouths of faces that were found in an image. */
  classify(image: Pixels, faces: Detection[], options?: Options): Promise<Face[]>;

  /** Return the probabilities of one RGB mouth crop, in the order of `labels`. */
  probabilities(crop: Pixels): Promise<number[]>;
}

/** Return the mouth box of landmarks: the square around the lips of the upright head. */
export declare function mouthBox(landmarks: number[][], roll: number, settings: FaceSettings): number[];
/** Return the roll by which the mouth crop is turned: near a multiple of 90 degrees, this multiple. */
export declare function appliedRoll(roll: number, from: number): number;
/** Return the upright mouth crop as RGB pixels: the input of the classifier. */
export declare function cropMouth(image: Pixels, box: number[], roll: number, settings: FaceSettings): Pixels;
/** Convert a part of a picture to grey. */
export declare function toGrey(image: Pixels, left?: number, top?: number, right?: number, bottom?: number): Pixels;
/** Reduce a grey picture until its longer side is at most `side` pixels. */
export declare function resizeToFit(grey: Pixels, side: number): Pixels;
/** Reduce a grey picture by averaging, like OpenCV's INTER_AREA. */
export declare function resizeArea(grey: Pixels, width: number, height: number): Pixels;
/** Reduce a grey picture, like OpenCV's INTER_LINEAR; pixels may be skipped. */
export declare function resizeLinear(grey: Pixels, width: number, height: number): Pixels;
/** Sample a picture along an affine map, like OpenCV's warpAffine with WARP_INVERSE_MAP. */
export declare function warp(image: Pixels, matrix: number[], width: number, height: number): Pixels;
/** Turn a picture counterclockwise by a number of quarter turns. */
export declare function quarterTurns(image: Pixels, quarters: number): Pixels;
/** Return whether the center of one box lies in another. */
export declare function centerInside(box: number[], other: number[]): boolean;
