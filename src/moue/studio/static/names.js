// @ts-check
/** Names of commands and other fixed words of the server, for readers. */

import { t, translate } from "./i18n.js";

/** @param {string} command name of a moue command @returns {string} */
export function commandTitle(command) {
  const titles = {
    collect: t("Collect"), convert: t("Convert"), clean: t("Clean"), dedupe: t("Find duplicates"),
    crop: t("Crop mouths"), label: t("Import labels"), people: t("Find subjects"), split: t("Split"),
    run: t("All steps"), train: t("Train"), evaluate: t("Evaluate"),
    suggest: t("Suggest labels"), suggestions: t("Suggest labels"),
  };
  return titles[command] ?? command;
}

/** @param {string} name name of a setting, such as `min_face` @returns {string} */
export const settingName = (name) => translate(name.replaceAll("_", " "));

/** @param {string} name name of a measurement or attribute @returns {string} */
export function measureName(name) {
  const titles = {
    face_px: t("Face, px"), mouth_px: t("Mouth, px"), face_percent: t("Face, % of the picture"),
    sharpness: t("Sharpness"), highlight: t("Highlight"), shadow: t("Shadow"), face_score: t("Face score"),
  };
  return titles[name] ?? name.replaceAll("_", " ");
}

/** @param {string | null | undefined} name `train`, `val` or `test` @returns {string} */
export function splitName(name) {
  if (!name) return "–";
  return { train: t("train"), val: t("val"), test: t("test") }[name] ?? name;
}

/** @param {string} name field that a decision changed @returns {string} */
export function fieldName(name) {
  const titles = {
    collected: t("Collected"), dropped: t("Dropped"), label: t("Mouth label"), split: t("Split"),
    group: t("Group"), subject: t("Subject"), source: t("Source"), "weak label": t("Label of the search"),
  };
  return titles[name] ?? name;
}

/** @param {string} name command or person that decided @returns {string} */
export const deciderName = (name) => (name === "user" ? t("by hand") : name === "folder" ? t("folder") : name === "csv" ? t("CSV file") : commandTitle(name));
