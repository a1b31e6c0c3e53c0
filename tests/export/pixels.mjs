/** Print what the pixel functions of `moue.js` compute: node pixels.mjs MOUE.JS < cases.json. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const moue = await import(pathToFileURL(process.argv[2]));
const results = JSON.parse(readFileSync(0, "utf-8")).map(({ name, image, parameters }) => {
  const { width, height, data } = image;
  const pixels = { width, height, data: new Uint8Array(Buffer.from(data, "base64")) };
  const result = moue[name](pixels, ...parameters);
  return { ...result, data: Buffer.from(result.data).toString("base64") };
});
console.log(JSON.stringify(results));
