// @ts-check
/** The texts of the page, in English and Chinese, and the choice between them. */

const ENGLISH = {
  language: "中文",
  loading: "Loading the networks: {percent} %",
  ready: "Choose the camera, a picture or a video, or drop a file here.",
  failed: "The page could not start: {reason}",
  camera: "Camera",
  picture: "Picture",
  video: "Video",
  example: "Example",
  stop: "Stop",
  play: "Play",
  pause: "Pause",
  seek: "Position in the video",
  faces: "Faces",
  none_yet: "Each face will appear here with its label.",
  no_face: "No face found.",
  face: "Face {number}",
  unsure: "unsure",
  timeline: "Timeline",
  save: "Save as CSV",
  speed: "{fps} frames/s, {ms} ms each",
  timeline_of: "Face {number}: {parts}",
  errors: "Maximum error",
  any: "No limit: always give a label",
  share: "About {percent} % wrong labels",
  errors_help: "If the probability is too low for this error on the validation set, the label is “unsure”.",
  private: "Everything is computed in this browser. No picture, video or result leaves it.",
  model: "Model {name}",
  terms: "Terms of the networks: {terms}",
  working: "Looking for faces…",
  insecure: "The browser allows the camera only on pages from https:// or localhost.",
  refused: "The camera was refused. Allow it in the address bar, then try again.",
  missing: "No camera was found.",
  busy: "The camera is used by another program.",
  camera_failed: "The camera cannot be used: {reason}",
  bad_picture: "{name} is not a picture that this browser can show.",
  bad_video: "{name} is not a video that this browser can play.",
};

/** @type {Record<keyof typeof ENGLISH, string>} */
const CHINESE = {
  language: "English",
  loading: "正在加载网络：{percent}%",
  ready: "请选择摄像头、图片或视频，也可以把文件拖到这里。",
  failed: "页面无法启动：{reason}",
  camera: "摄像头",
  picture: "图片",
  video: "视频",
  example: "示例",
  stop: "停止",
  play: "播放",
  pause: "暂停",
  seek: "视频中的位置",
  faces: "人脸",
  none_yet: "每张人脸及其标签会显示在这里。",
  no_face: "没有找到人脸。",
  face: "人脸 {number}",
  unsure: "不确定",
  timeline: "时间线",
  save: "保存为 CSV",
  speed: "每秒 {fps} 帧，每帧 {ms} 毫秒",
  timeline_of: "人脸 {number}：{parts}",
  errors: "最大错误率",
  any: "不限：总是给出标签",
  share: "约 {percent}% 的标签有误",
  errors_help: "如果概率过低，在验证集上达不到这个错误率，标签就显示为“不确定”。",
  private: "所有计算都在本浏览器中完成，图片、视频和结果都不会离开浏览器。",
  model: "模型 {name}",
  terms: "网络的使用条款：{terms}",
  working: "正在查找人脸…",
  insecure: "浏览器只允许 https:// 或 localhost 的页面使用摄像头。",
  refused: "摄像头被拒绝。请在地址栏中允许后重试。",
  missing: "没有找到摄像头。",
  busy: "摄像头正被其他程序使用。",
  camera_failed: "无法使用摄像头：{reason}",
  bad_picture: "浏览器无法显示图片 {name}。",
  bad_video: "浏览器无法播放视频 {name}。",
};

/** Chinese names of the default labels. @type {Record<string, string>} */
const LABELS = { none: "自然", pout: "噘嘴", smile: "微笑", open: "张嘴" };
/** @type {Record<string, string>} */
const TERMS = {
  "research use only": "仅限研究使用",
  "not cleared for commercial use": "未获商业使用许可",
};

export const LANGUAGES = { en: ENGLISH, zh: CHINESE };

let language = chosen();

/** Return the language of the address (`?lang=zh`), of an earlier visit, or of the browser. @returns {"en" | "zh"} */
function chosen() {
  const asked = new URLSearchParams(location.search).get("lang") ?? stored() ?? navigator.language;
  return asked.startsWith("zh") ? "zh" : "en";
}

function stored() {
  try {
    return localStorage.getItem("moue-language");
  } catch {
    return null; // a browser may forbid storage
  }
}

/** The language as a tag for `<html lang>`. */
export const tag = () => (language === "zh" ? "zh-CN" : "en");

/** Change to the other language. */
export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem("moue-language", language);
  } catch {
    // The choice then lasts until the page is closed.
  }
}

/**
 * Return a text in the chosen language.
 * @param {keyof typeof ENGLISH} key
 * @param {Record<string, string | number>} [values] Values of the placeholders.
 */
export function text(key, values = {}) {
  return LANGUAGES[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Return the name of a label for people. @param {string | null} label */
export function labelName(label) {
  if (label === null) return text("unsure");
  return language === "zh" ? (LABELS[label] ?? label) : label;
}

/** Return terms of use in the chosen language. @param {string[]} terms */
export function termsText(terms) {
  const names = terms.map((one) => (language === "zh" ? (TERMS[one] ?? one) : one));
  return names.join(language === "zh" ? "；" : "; ");
}

/** Return a probability as a percentage. @param {number} share */
export const percent = (share) => `${Math.round(100 * share)}${language === "zh" ? "" : " "}%`;
