// @ts-check
/** Hash routes: `#/pictures?dropped=yes`, `#/results/RUN`. The address holds every filter. */

import { signal } from "./vendor/preact.js";

/** @typedef {{page: string, arg: string, query: URLSearchParams}} Route */

/** @returns {Route} */
function parse() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  return {
    page: page || "overview",
    arg: decodeURIComponent(rest.join("/")),
    query: new URLSearchParams(query),
  };
}

/** The current route. Components that read it are rendered again when it changes. */
export const route = signal(parse());
addEventListener("hashchange", () => { route.value = parse(); });

/**
 * Return the address of a page.
 * @param {string} page
 * @param {string} [arg] name of a run or mouth
 * @param {URLSearchParams | Record<string, string>} [query]
 */
export function href(page, arg = "", query) {
  const text = query ? new URLSearchParams(query).toString() : "";
  return `#/${page}${arg ? `/${encodeURIComponent(arg)}` : ""}${text ? `?${text}` : ""}`;
}

/** Go to a page. @param {string} page @param {string} [arg] @param {any} [query] */
export function go(page, arg, query) {
  location.hash = href(page, arg, query);
}

/**
 * Change parts of the query of the current address.
 * @param {Record<string, string | string[] | null>} changes null removes a key
 * @param {boolean} [push] whether "back" returns to the state before
 */
export function setQuery(changes, push = false) {
  const query = new URLSearchParams(route.value.query);
  for (const [key, value] of Object.entries(changes)) {
    query.delete(key);
    if (Array.isArray(value)) value.forEach((one) => query.append(key, one));
    else if (value !== null && value !== "") query.set(key, value);
  }
  const target = href(route.value.page, route.value.arg, query);
  if (push) location.hash = target;
  else history.replaceState(null, "", target);
  route.value = parse();
}
