// @ts-check
/**
 * Decisions of the person: shown at once, kept in this browser until the server has them, sent in
 * order, repeated with the same id until they are answered, and taken back where the server says
 * that somebody else decided in the meantime.
 */

import { computed, signal } from "./vendor/preact.js";
import { ApiError, on, post, state } from "./api.js";
import { announce, toast, toastError } from "./components.js";
import { n, t } from "./i18n.js";
import { patchAll, refreshNames } from "./list.js";
import { load, save } from "./prefs.js";
import { refused, remember, written } from "./recent.js";

/**
 * @typedef {object} Edit
 * @property {string} op_id
 * @property {"decisions" | "undo" | "redo"} path
 * @property {any} body
 * @property {string[]} names
 * @property {Record<string, any>} [before] fields before the edit, by name
 * @property {Record<string, any>} [after] fields after the edit, by name
 * @property {string} [title] what it did, for messages
 * @property {import("./recent.js").Decision} [decision] what answers of the server may lack
 */

const IN_FLIGHT = 3; // browsers open six connections; pictures and events need the others
const TAB = crypto.randomUUID();
const KEY = `unsent.${TAB}`;

/** Number of edits that the server has not answered. */
export const unsent = signal(0);
/** Edits that can be undone or redone without asking the server for them, newest last. */
export const done = signal(/** @type {Edit[]} */ ([]));
const undone = signal(/** @type {Edit[]} */ ([]));
/** Whether there is something to undo or to redo, also of an earlier visit. */
export const canUndo = computed(() => done.value.length > 0 || Boolean(state.value?.can_undo));
export const canRedo = computed(() => undone.value.length > 0 || Boolean(state.value?.can_redo));
/** Names of the last undone or redone decision, for pages that show one item at a time. */
export const revisited = signal(/** @type {string[]} */ ([]));

let waiting = /** @type {Edit[]} */ ([]);
const sending = /** @type {Set<Edit>} */ (new Set());
/** Edits that wait on the disk of the server, by id. */
const queued = /** @type {Map<string, Edit>} */ (new Map());
/** Ids of edits whose event came before the answer to the request. */
const writtenLater = /** @type {Set<string>} */ (new Set());
const versions = /** @type {Map<string, number | null>} */ (new Map());
let retry = 0;
let paused = false;

/**
 * Decide something about mouths or pictures.
 * @param {object} edit
 * @param {"label" | "drop" | "restore" | "keep" | "confirm"} edit.action
 * @param {"mouths" | "pictures"} edit.kind
 * @param {any[]} edit.items items of a list
 * @param {string | null} [edit.value] a label, or null to clear it
 * @param {(item: any) => any} edit.change returns the changed fields of an item
 * @param {string[]} [edit.kept] names to bring back, for "keep"; the others are dropped
 * @param {string} [edit.title]
 * @returns {Edit[]} the edits, of 1000 items at most
 */
export function decide({ action, kind, items, value = null, change, kept, title }) {
  const edits = [];
  for (let at = 0; at < items.length; at += 1000) {
    edits.push(decidePart(action, kind, items.slice(at, at + 1000), value, change, kept, title));
  }
  return edits;
}

function decidePart(action, kind, items, value, change, kept, title) {
  const op_id = crypto.randomUUID();
  const names = items.map((item) => item.name);
  const before = {};
  const after = {};
  const values = {};
  for (const item of items) {
    after[item.name] = change(item);
    if (action === "confirm") values[item.name] = after[item.name].label;
    before[item.name] = Object.fromEntries(Object.keys(after[item.name]).map((key) => [key, item[key] ?? null]));
    if (!versions.has(item.name) && typeof item.version === "number") versions.set(item.name, item.version);
  }
  /** @type {Edit} */
  const edit = { op_id, path: "decisions", names, before, after, title, 
    body: { op_id, client: TAB, action, kind, names,
      ...(action === "confirm" ? { values } : action === "keep" ? { kept } : { value }) } };
  done.value = [...done.value.slice(-199), edit];
  undone.value = [];
  apply(after);
  enqueue(edit);
  return edit;
}

/**
 * Take back the last decision, also one of an earlier visit.
 * @param {Edit} [edit] takes back this one instead, if it is not undone yet
 */
export function undo(edit) {
  if (edit && !done.value.includes(edit)) return;
  const last = edit ?? done.value.at(-1);
  const op_id = crypto.randomUUID();
  if (last) {
    done.value = done.value.filter((one) => one !== last);
    undone.value = [...undone.value, last];
    apply(last.before ?? {});
    revisited.value = last.names;
    announce(t("Undone"));
  }
  enqueue({ op_id, path: "undo", names: last?.names ?? [], before: last?.after, after: last?.before,
    body: last ? { op_id, client: TAB, of: last.op_id } : { op_id, client: TAB } });
}

/** Make the last undone decision again. */
export function redo() {
  const last = undone.value.at(-1);
  const op_id = crypto.randomUUID();
  if (last) {
    undone.value = undone.value.slice(0, -1);
    done.value = [...done.value, last];
    apply(last.after ?? {});
    revisited.value = last.names;
  }
  enqueue({ op_id, path: "redo", names: last?.names ?? [], before: last?.before, after: last?.after,
    body: last ? { op_id, client: TAB, of: last.op_id } : { op_id, client: TAB } });
}

/** @param {Record<string, any>} fields by name */
function apply(fields) {
  for (const [name, changes] of Object.entries(fields)) patchAll(name, changes);
}

/** @param {Edit} edit */
function enqueue(edit) {
  if (edit.after) edit.decision = remember(edit.after);
  waiting.push(edit);
  persist();
  pump();
}

function persist() {
  const open = [...sending, ...waiting];
  unsent.value = open.length;
  save(KEY, open.length ? open.map(({ op_id, path, body, names }) => ({ op_id, path, body, names })) : null);
}

function pump() {
  while (!paused && waiting.length && sending.size < IN_FLIGHT) {
    const next = waiting[0];
    const blocked = [...sending].some((one) => one.path !== "decisions" || next.path !== "decisions"
      || one.names.some((name) => next.names.includes(name)));
    if (blocked) return;
    waiting.shift();
    sending.add(next);
    send(next);
  }
}

/** @param {Edit} edit */
async function send(edit) {
  if (edit.path === "decisions") edit.body.seen = seenVersions(edit.names);
  try {
    settle(edit, await post(edit.path, edit.body));
  } catch (error) {
    sending.delete(edit);
    if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
      refuse(edit, error);
    } else {
      waiting.unshift(edit);
      waitAndRepeat();
    }
  }
  persist();
  pump();
}

/** @param {string[]} names */
function seenVersions(names) {
  const seen = {};
  for (const name of names) {
    const version = versions.get(name);
    if (typeof version === "number") seen[name] = version;
  }
  return seen;
}

/** @param {Edit} edit @param {any} answer */
function settle(edit, answer) {
  sending.delete(edit);
  retry = 0;
  if (answer.state === "queued") {
    edit.names.forEach((name) => versions.set(name, null));
    if (!writtenLater.delete(edit.op_id)) queued.set(edit.op_id, edit);
    else if (edit.decision) written(edit.decision);
  } else {
    writtenLater.delete(edit.op_id);
    if (edit.decision) written(edit.decision);
  }
  for (const change of answer.changed ?? []) {
    if (typeof change.version === "number") {
      versions.set(change.name, change.version);
      patchAll(change.name, { version: change.version });
    }
  }
  if (edit.path !== "decisions") settleUndo(edit, answer);
  for (const { name, truth } of answer.conflicts ?? []) {
    if (edit.decision) refused(edit.decision, name);
    patchAll(name, { ...edit.before?.[name], ...truth });
    versions.delete(name);
  }
  const count = answer.conflicts?.length ?? 0;
  if (count) {
    toast(n("{n} item was changed elsewhere in the meantime and keeps that value",
      "{n} items were changed elsewhere in the meantime and keep that value", count), { kind: "error" });
  }
}

/** @param {Edit} edit @param {any} answer */
function settleUndo(edit, answer) {
  const changed = answer.changed ?? [];
  if (!edit.after) {
    revisited.value = changed.map((one) => one.name);
    for (const { name, field, value } of changed) patchAll(name, { [field]: value });
    refreshNames(changed.map((one) => one.name));
    if (!changed.length && answer.state !== "queued") toast(t("There is nothing to undo."));
  }
  if (changed.length) {
    toast(edit.path === "undo" ? n("Undone: {n} change", "Undone: {n} changes", changed.length)
      : n("Redone: {n} change", "Redone: {n} changes", changed.length));
  }
}

/** @param {Edit} edit @param {ApiError} error */
function refuse(edit, error) {
  if (edit.decision) edit.names.forEach((name) => refused(/** @type {any} */ (edit.decision), name));
  apply(edit.before ?? {});
  done.value = done.value.filter((one) => one !== edit);
  if (edit.path !== "decisions" && error.status === 404) toast(t("There is nothing to undo."));
  else toastError(error);
}

function waitAndRepeat() {
  if (paused) return;
  paused = true;
  retry = Math.min(retry + 1, 6);
  setTimeout(resume, 250 * 2 ** retry);
}

function resume() {
  paused = false;
  pump();
}

/** Send what earlier tabs left behind, and what waits here when the server is back. */
export function startEdits() {
  on("reconnect", resume);
  on("decisions", ({ op_id }) => {
    const edit = queued.get(op_id);
    if (edit?.decision) written(edit.decision);
    if (!queued.delete(op_id) && [...sending].some((one) => one.op_id === op_id)) writtenLater.add(op_id);
  });
  addEventListener("online", resume);
  if (!navigator.locks) return;
  navigator.locks.request(`moue.${KEY}`, () => new Promise(() => {})); // held while the tab lives
  for (const key of Object.keys(localStorage)) {
    const name = /^moue\.(unsent\..+)$/.exec(key)?.[1];
    if (name && name !== KEY) adopt(name);
  }
}

/** Send what another tab leaves behind; its lock is free when the tab is gone. @param {string} key */
function adopt(key) {
  navigator.locks.request(`moue.${key}`, () => {
    const left = load(key, []);
    if (!left.length) return;
    save(key, null);
    waiting = [...left, ...waiting];
    persist();
    pump();
  });
}
