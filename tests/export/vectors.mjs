/** Print what `moue.js` finds in the test vectors: node vectors.mjs PAGE. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const page = pathToFileURL(`${process.argv[2]}/`);
const read = (name) => readFileSync(new URL(name, page));
const ort = await import(new URL("runtime/ort.wasm.bundle.min.mjs", page));
const { Moue } = await import(new URL("moue.js", page));
const { Watcher } = await import(new URL("live.js", page));

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = read("runtime/ort-wasm-simd-threaded.wasm");
const description = JSON.parse(read("model/model.json"));
const networks = Object.fromEntries(
  Object.entries(description.files).map(([name, file]) => [name, new Uint8Array(read(`model/${file.path}`))]),
);
const moue = await Moue.create(ort, description, networks);

const image = ({ width, height }, name) => ({ width, height, data: new Uint8ClampedArray(read(`vectors/${name}.rgba`)) });
const vectors = [];
for (const vector of JSON.parse(read("vectors/vectors.json"))) vectors.push(await moue.predict(image(vector, vector.name)));
const watcher = new Watcher(moue);
const clip = [];
for (const [number, frame] of JSON.parse(read("vectors/clip.json")).entries()) {
  const faces = await watcher.process(image(frame, `clip-${number}`), frame.time);
  clip.push(faces.map((one) => ({ ...one.face, number: one.number, label: one.label })));
}
console.log(JSON.stringify({ vectors, clip }));
