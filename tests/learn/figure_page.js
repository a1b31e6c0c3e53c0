// @ts-check
/** Mount the figure that the address names: `?figure=NAME&lang=zh&theme=dark`. */
const query = new URLSearchParams(location.search);
const name = query.get("figure") ?? "line-fit";
const lang = query.get("lang") ?? "en";
document.documentElement.lang = lang === "zh" ? "zh-CN" : lang;
const theme = query.get("theme");
if (theme) document.documentElement.dataset.theme = theme;
document.title = name;

/** @param {string} data @param {Record<string, string>} [values] */
async function load(data, values = {}) {
  const answer = await fetch(`/data/${data}?${new URLSearchParams(values)}`);
  if (!answer.ok) throw new Error(`${data}: ${answer.status}`);
  return answer.headers.get("content-type") === "application/json" ? answer.json() : answer.arrayBuffer();
}

const element = /** @type {HTMLElement} */ (document.getElementById("figure"));
const { mount } = await import(`/static/figures/${name}.js`);
const context = { params: Object.fromEntries(query), lang, data: load, onNumber: () => {} };
const figure = await mount(element, context);
Object.assign(window, { figure });
document.body.dataset.ready = "true";
