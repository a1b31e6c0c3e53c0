// @ts-check
/** The ten steps, with what each takes and gives for one picture. */

export const STEPS = /** @type {const} */ (["collect", "convert", "clean", "dedupe", "crop", "label", "split", "train", "evaluate", "predict"]);

/** Chapter of each step. @type {Record<typeof STEPS[number], string>} */
export const CHAPTERS = {
  collect: "02-collecting", convert: "03-one-format", clean: "04-cascade", dedupe: "06-duplicates", crop: "05-landmarks-and-crop",
  label: "07-data-interface", split: "13-honest-testing", train: "12-training", evaluate: "13-honest-testing", predict: "14-pictures-video-camera",
};

/** Address of a chapter from the page of another one. @param {string} pathname of the page @param {string} search @param {string} chapter */
export function chapterLink(pathname, search, chapter) {
  return pathname.endsWith("/") ? `../${chapter}/` : `${chapter}${search}`;
}

/** Numbers of a pack as a table: step, number in, number out. @param {any} data @returns {[string, number, number][]} */
export function flow(data) {
  const { pictures, mouths, sets } = data;
  return [
    ["collect", pictures, pictures], ["convert", pictures, pictures], ["clean", pictures, pictures], ["dedupe", pictures, pictures],
    ["crop", pictures, mouths], ["label", mouths, mouths], ["split", mouths, sets.train + sets.val + sets.test],
    ["train", sets.train + sets.val, 1], ["evaluate", data.predicted ?? 0, data.right ?? 0], ["predict", 1, 1],
  ];
}
