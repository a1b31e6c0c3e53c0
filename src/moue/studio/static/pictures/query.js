// @ts-check
/** The filter of the address: which keys it has, and their names. */

import { t } from "../i18n.js";
import { route, setQuery } from "../router.js";

/** Keys of lists of values, with their titles. */
export function facetTitles() {
  return {
    reason: t("Drop reason"), label: t("Mouth label"), label_by: t("Labeller"), split: t("Split"),
    source: t("Source"), licence: t("Licence"), engine: t("Search engine"),
  };
}

/** Keys of ranges, with their titles. */
export function rangeTitles() {
  return {
    width: t("Width, px"), face_size: t("Face size, px"), sharpness: t("Sharpness"),
    probability: t("Probability"), margin: t("Margin"), disagreement: t("Disagreement"),
  };
}

/** @param {boolean} mouths @returns {{value: string, title: string}[]} */
export function sortOptions(mouths) {
  const options = [
    { value: "", title: t("Order of collection") }, { value: "name", title: t("Name") },
    { value: "-time", title: t("Newest decision") }, { value: "width", title: t("Smallest first") },
    { value: "-width", title: t("Largest first") }, { value: "sharpness", title: t("Least sharp first") },
    { value: "-sharpness", title: t("Sharpest first") }, { value: "face_size", title: t("Smallest face first") },
    { value: "random:1", title: t("Random") },
  ];
  if (!mouths) return options;
  return [...options, { value: "label", title: t("Label") }, { value: "-uncertainty", title: t("Most uncertain first") },
    { value: "-disagreement", title: t("Disagreement first") }, { value: "cluster", title: t("Similar together") },
    { value: "probability", title: t("Least probable first") }];
}

const OWN = new Set(["view", "open", "size"]); // for the page, not for the server

/** @returns {boolean} whether the grid shows mouths */
export const showsMouths = () => route.value.query.get("view") === "mouths";

/** @returns {URLSearchParams} the part of the address that the server reads */
export function serverQuery() {
  const query = new URLSearchParams();
  for (const [key, value] of route.value.query) if (!OWN.has(key)) query.append(key, value);
  if (!query.has("dropped")) query.set("dropped", "any");
  return query;
}

/** @param {string} key @param {string} value */
export function toggleValue(key, value) {
  const values = route.value.query.getAll(key);
  setQuery({ [key]: values.includes(value) ? values.filter((one) => one !== value) : [...values, value], open: null });
}

/** Remove every filter, and keep the view, the order and the size. */
export function clearFilters() {
  const kept = new Set([...OWN, "sort"]);
  const keys = [...new Set(route.value.query.keys())].filter((key) => !kept.has(key));
  setQuery(Object.fromEntries([...keys, "open"].map((key) => [key, null])));
}

/** @returns {number} how many filters are set */
export function filterCount() {
  return [...route.value.query.keys()].filter((key) => !OWN.has(key) && key !== "sort").length;
}
