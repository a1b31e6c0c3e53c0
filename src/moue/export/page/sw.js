// @ts-check
/** Keeps the files of the page, so that it opens without network. `moue export` fills in the list. */

const version = "VERSION";
const files = ["FILES"];
const scope = /** @type {any} */ (self).registration.scope;
const prefix = `moue-web ${scope} `;

addEventListener("install", (/** @type {any} */ event) => {
  // The browser asks the server whether its own copies are still the newest.
  const requests = files.map((name) => new Request(new URL(name, scope), { cache: "no-cache" }));
  event.waitUntil(caches.open(prefix + version).then((cache) => cache.addAll(requests)));
});

addEventListener("activate", (/** @type {any} */ event) => {
  const isOld = (/** @type {string} */ name) => name.startsWith(prefix) && name !== prefix + version;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))));
});

addEventListener("fetch", (/** @type {any} */ event) => {
  if (event.request.method !== "GET") return;
  const found = caches.open(prefix + version).then((cache) => cache.match(event.request, { ignoreSearch: true }));
  event.respondWith(found.then((response) => response ?? fetch(event.request)));
});
