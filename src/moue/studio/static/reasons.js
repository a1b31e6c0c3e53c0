// @ts-check
/**
 * Explanations of decisions, as the commands write them into the catalog, in the language of the
 * reader. A text that no pattern knows, such as the message of a decoder, stays English.
 */

import { t } from "./i18n.js";
import { measureName } from "./names.js";

/** @type {[RegExp, (found: string[]) => string][]} */
const PATTERNS = [
  [/^(\w+) (\S+), below (\S+)$/, ([, measure, value, limit]) => t("{measure} {value}, below {limit}", { measure: measureName(measure), value, limit })],
  [/^(\w+) (\S+), above (\S+)$/, ([, measure, value, limit]) => t("{measure} {value}, above {limit}", { measure: measureName(measure), value, limit })],
  [/^no face found$/, () => t("no face found")],
  [/^of (\S+)$/, ([, name]) => t("like {name}", { name })],
  [/^studio$/, () => t("in the studio")],
  [/^studio, suggestion confirmed$/, () => t("suggestion confirmed in the studio")],
  [/^studio, undo$/, () => t("undone in the studio")],
  [/^studio, redo$/, () => t("redone in the studio")],
  [/^folder of (.+)$/, ([, path]) => t("folder of {path}", { path })],
  [/^no folder of (.+) means a label$/, ([, path]) => t("no folder of {path} means a label", { path })],
  [/^(.+) gets no label: its duplicates are in folders for (.+)$/, ([, path, labels]) => t("{path} gets no label: its duplicates are in folders for {labels}", { path, labels })],
  [/^sorted into (.+)$/, ([, path]) => t("sorted into {path}", { path })],
  [/^held in front of the camera, (.+)$/, ([, sitting]) => t("held in front of the camera, {sitting}", { sitting })],
  [/^the file was moved$/, () => t("the file was moved")],
  [/^(.+) no longer exists$/, ([, path]) => t("{path} no longer exists", { path })],
  [/^(.+) has changed$/, ([, path]) => t("{path} has changed", { path })],
  [/^the file has 0 bytes$/, () => t("the file has 0 bytes")],
  [/^([\d,]+) bytes; the limit is ([\d,]+)$/, ([, size, limit]) => t("{size} bytes; the limit is {limit}", { size, limit })],
  [/^the file has (?:more than )?([\d,]+) bytes(?:, the limit|; the limit is ([\d,]+))$/, ([, size, limit]) => t("the file is too large; the limit is {limit} bytes", { limit: limit ?? size })],
  [/^(.+); the limit is ([\d,]+) pixels$/, ([, size, limit]) => t("{size}; the limit is {limit} pixels", { size, limit })],
  [/^(.+); no side may be longer than ([\d,]+)$/, ([, size, limit]) => t("{size}; no side may be longer than {limit}", { size, limit })],
  [/^(.+); each side must be at least ([\d,]+)$/, ([, size, limit]) => t("{size}; each side must be at least {limit}", { size, limit })],
  [/^not enough memory to decode the picture$/, () => t("not enough memory to decode the picture")],
  [/^unknown format: the file starts with (.+)$/, ([, bytes]) => t("unknown format: the file starts with {bytes}", { bytes })],
  [/^the (\w+) header is damaged$/, ([, format]) => t("the {format} header is damaged", { format })],
  [/^moue does not read (.+); save it as JPEG or PNG$/, ([, format]) => t("moue does not read {format}; save it as JPEG or PNG", { format })],
  [/^the lips are too small to crop$/, () => t("the lips are too small to crop")],
];

/** @param {string | null | undefined} text @returns {string} */
export function reasonText(text) {
  if (!text) return "";
  for (const [pattern, write] of PATTERNS) {
    const found = pattern.exec(text);
    if (found) return write(found);
  }
  return text;
}
