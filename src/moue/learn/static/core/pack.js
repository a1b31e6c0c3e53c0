// @ts-check
/** Reader of packs: arrays and plain values in one binary answer (see `pack.py`). */

const TYPES = {
  uint8: Uint8Array, int8: Int8Array, int16: Int16Array, uint16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array,
};

/**
 * Return the values of a pack; each array is a typed array with a property `shape`.
 * @param {ArrayBuffer} buffer
 * @returns {Record<string, any>}
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const values = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const places = values.arrays;
  delete values.arrays;
  for (const [name, place] of Object.entries(places)) {
    const count = place.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    const Type = TYPES[/** @type {keyof typeof TYPES} */ (place.type)];
    values[name] = Object.assign(new Type(buffer, 4 + length + place.start, count), { shape: place.shape });
  }
  return values;
}
