// @ts-check
/** The segments of a JPEG file. */

/** Kind of each marker that is shown. @type {Record<number, string>} */
const KINDS = { 0xd8: "start", 0xd9: "end", 0xdb: "quantization", 0xc4: "huffman", 0xda: "scan", 0xdd: "restart", 0xfe: "comment" };

/**
 * @typedef {object} Segment
 * @property {string} marker such as "FFE1" @property {string} kind @property {number} start @property {number} length
 */

/** @param {number} code second byte of a marker @param {string} text first letters of the segment */
function kindOf(code, text) {
  if (code === 0xe1 && text.startsWith("Exif")) return "exif";
  if (code === 0xe0) return "jfif";
  if (code === 0xe2 && text.startsWith("ICC_PROFILE")) return "colour";
  if (code === 0xee) return "adobe";
  if (code >= 0xe0 && code <= 0xef) return "application";
  if (code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)) return "frame";
  return KINDS[code] ?? "other";
}

/**
 * Return the segments of a JPEG file; the scan reaches to the next marker.
 * @param {Uint8Array} bytes @returns {Segment[]} empty for another format
 */
export function segments(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return [];
  const list = [{ marker: "FFD8", kind: "start", start: 0, length: 2 }];
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) break;
    const code = bytes[at + 1];
    if (code === 0xff) { at += 1; continue; }
    const marker = `FF${code.toString(16).toUpperCase().padStart(2, "0")}`;
    if (code === 0xd9) {
      list.push({ marker, kind: "end", start: at, length: 2 });
      break;
    }
    const size = at + 3 < bytes.length ? bytes[at + 2] * 256 + bytes[at + 3] : 0;
    let stop = Math.min(bytes.length, at + 2 + size);
    const text = String.fromCharCode(...bytes.subarray(at + 4, at + 15));
    if (code === 0xda) while (stop < bytes.length && !(bytes[stop] === 0xff && bytes[stop + 1] !== 0 && !(bytes[stop + 1] >= 0xd0 && bytes[stop + 1] <= 0xd7))) stop += 1;
    list.push({ marker, kind: kindOf(code, text), start: at, length: Math.max(2, stop - at) });
    at = Math.max(stop, at + 2);
  }
  return list;
}

/**
 * Read what a few segments say.
 * @param {Uint8Array} bytes
 * @returns {{width: number, height: number, channels: number, orientation: number, complete: boolean}} zeros for unknown values
 */
export function facts(bytes) {
  const list = segments(bytes);
  const frame = list.find(({ kind }) => kind === "frame");
  const exif = list.find(({ kind }) => kind === "exif");
  const complete = list.some(({ kind }) => kind === "end");
  const none = { width: 0, height: 0, channels: 0, orientation: exif ? orientation(bytes.subarray(exif.start + 10, exif.start + exif.length)) : 0, complete };
  if (!frame || frame.length < 10) return none;
  const at = frame.start + 5;
  return { ...none, height: bytes[at] * 256 + bytes[at + 1], width: bytes[at + 2] * 256 + bytes[at + 3], channels: bytes[at + 4] };
}

/** The orientation in EXIF data, from 1 to 8; 0 without it. @param {Uint8Array} tiff */
function orientation(tiff) {
  if (tiff.length < 14) return 0;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const little = tiff[0] === 0x49;
  const start = view.getUint32(4, little);
  if (start + 2 > tiff.length) return 0;
  const count = view.getUint16(start, little);
  for (let i = 0; i < count && start + 14 + 12 * i <= tiff.length; i += 1) {
    const entry = start + 2 + 12 * i;
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
  }
  return 0;
}

/** Bytes as hexadecimal numbers and letters, 16 or fewer per line. @param {Uint8Array} bytes @param {number} start @param {number} length @param {number} [across] */
export function dump(bytes, start, length, across = 16) {
  const lines = [];
  for (let at = start; at < Math.min(bytes.length, start + length); at += across) {
    const row = bytes.subarray(at, Math.min(at + across, start + length));
    const hex = Array.from(row, (v) => v.toString(16).padStart(2, "0")).join(" ").padEnd(3 * across - 1);
    lines.push(`${String(at).padStart(6)}  ${hex}  ${Array.from(row, (v) => (v > 31 && v < 127 ? String.fromCharCode(v) : "·")).join("")}`);
  }
  return lines.join("\n");
}
