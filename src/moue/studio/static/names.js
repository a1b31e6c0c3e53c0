// @ts-check
/** Names of commands and other fixed words of the server, for readers. */

import { t } from "./i18n.js";

/** @param {string} command name of a moue command @returns {string} */
export function commandTitle(command) {
  const titles = {
    collect: t("Collect"), convert: t("Convert"), clean: t("Clean"), dedupe: t("Find duplicates"),
    crop: t("Crop mouths"), label: t("Import labels"), people: t("Find subjects"), split: t("Split"),
    run: t("All steps"), train: t("Train"), evaluate: t("Evaluate"),
    suggest: t("Suggest labels"), suggestions: t("Suggest labels"), video: t("Predict a video"),
  };
  return titles[command] ?? command;
}
