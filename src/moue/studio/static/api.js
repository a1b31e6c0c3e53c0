// @ts-check
/** Requests to the server, its events, and the state of the workspace. */

import { signal } from "./vendor/preact.js";
import { language } from "./i18n.js";

const BASE = "api/v1/";
const HIDDEN = 30_000; // milliseconds until a hidden tab closes its stream of events

/** An answer that is not a success. `status` is 0 if the server did not answer. */
export class ApiError extends Error {
  /**
   * @param {number} status @param {string} code @param {string} message
   * @param {{field?: string, text?: string, values?: Record<string, any>, translations?: Record<string, string>}} [details] text: message with placeholders
   */
  constructor(status, code, message, { field, text, values, translations } = {}) {
    super(message);
    this.text = text;
    this.values = values;
    this.translations = translations;
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

/**
 * @param {string} method
 * @param {string} path below /api/v1/
 * @param {any} [body] an object is sent as JSON, a Blob as it is
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
async function request(method, path, body, signal) {
  const headers = /** @type {Record<string, string>} */ ({ "Accept-Language": language.value });
  const options = /** @type {RequestInit} */ ({ method, signal, headers });
  if (body instanceof Blob) {
    options.body = body;
    headers["Content-Type"] = body.type || "application/octet-stream";
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(BASE + path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "offline", "The server does not answer.");
  }
  const data = await answer.json().catch(() => {
    if (signal?.aborted) throw signal.reason;
    if (answer.ok) throw new ApiError(0, "offline", "The server does not answer."); // it ended in the middle
    return null;
  });
  if (answer.ok) return data;
  const error = data?.error ?? {};
  throw new ApiError(answer.status, error.code ?? "unknown", error.message ?? answer.statusText, error);
}

/**
 * Return a path with a query; a list repeats its key, and null and "" are left out.
 * @param {string} path
 * @param {URLSearchParams | Record<string, any> | null} [query]
 */
export function address(path, query) {
  if (!query) return path;
  const params = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (params !== query) {
    for (const [key, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== null && one !== undefined && one !== "") params.append(key, String(one));
      }
    }
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {string} path @param {any} [query] @param {AbortSignal} [signal] */
export const get = (path, query, signal) => request("GET", address(path, query), undefined, signal);
/** @param {string} path @param {any} [body] @param {AbortSignal} [signal] */
export const post = (path, body = {}, signal) => request("POST", path, body, signal);
/** @param {string} path @param {any} body */
export const put = (path, body) => request("PUT", path, body);

/** The answer of GET /state; null until it arrives. */
export const state = signal(/** @type {any} */ (null));
/** Whether the server answers: "connecting", "live" or "lost". */
export const connection = signal("connecting");
/** The running or last job with its progress. */
export const job = signal(/** @type {any} */ (null));

const handlers = /** @type {Map<string, Set<(data: any) => void>>} */ (new Map());

/**
 * Call a function for each event of the server.
 * @param {string} type "state", "job", "progress", "epoch", "decisions" or "queue"
 * @param {(data: any) => void} handler
 * @returns {() => void} removes the handler
 */
export function on(type, handler) {
  let set = handlers.get(type);
  if (!set) handlers.set(type, (set = new Set()));
  set.add(handler);
  return () => { set.delete(handler); };
}

/** @param {string} type @param {any} data */
function emit(type, data) {
  handlers.get(type)?.forEach((handler) => handler(data));
}

on("state", (data) => {
  // An answer that was counted before the newest event can arrive after it.
  if (data.order < (state.value?.order ?? 0)) return;
  state.value = data;
  job.value = data.job && job.value?.id === data.job.id ? { ...job.value, ...data.job } : data.job;
});
on("job", (data) => {
  if (state.value) {
    const others = state.value.jobs.filter((/** @type {any} */ one) => one.id !== data.id);
    state.value = { ...state.value, jobs: data.state === "running" ? [data, ...others] : others };
  }
  if (data.state === "running" || !job.value || job.value.id === data.id) job.value = data;
});
on("progress", (data) => {
  if (job.value?.id === data.job) job.value = { ...job.value, progress: data };
});
on("queue", (data) => {
  if (state.value) state.value = { ...state.value, queued: data.queued, queue_reason: data.reason };
});

/** Fetch the state again. */
export async function refreshState() {
  emit("state", await get("state"));
}

let source = /** @type {EventSource | null} */ (null);
let pause = 0;

// A browser opens six connections to a server, for all its tabs: a hidden tab gives its stream up.
document.addEventListener("visibilitychange", () => {
  clearTimeout(pause);
  if (!document.hidden && source === null && connection.value !== "connecting") listen();
  else if (document.hidden) pause = setTimeout(() => { source?.close(); source = null; }, HIDDEN);
});

/** Open the stream of events; the browser opens it again when the connection is lost. */
export function listen() {
  source?.close();
  source = new EventSource(`${BASE}events`);
  source.onopen = () => {
    const returned = connection.value === "lost";
    connection.value = "live";
    if (returned) emit("reconnect", null);
    refreshState().catch(() => {});
  };
  source.onerror = () => {
    connection.value = "lost";
    if (state.value) state.value = { ...state.value, order: 0 }; // the next server may count anew
    if (source?.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
  for (const type of ["state", "job", "progress", "epoch", "decisions", "queue"]) {
    source.addEventListener(type, (event) => emit(type, JSON.parse(event.data)));
  }
}
