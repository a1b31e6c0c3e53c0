// @ts-check
/** Explain: why the model gives a mouth its label. */
import { html, useEffect, useMemo, useSignal } from "../vendor/preact.js";
import { address, get, post, state } from "../api.js";
import { announce, Button, Failure, LabelBadge, Select, Skeleton, toastError } from "../components.js";
import { decide } from "../edits.js";
import { Shares } from "../charts/label_text.js";
import { Changes } from "../explain/changes.js";
import { Chooser } from "../explain/chooser.js";
import { Occlusion } from "../explain/occlusion.js";
import { number, t } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { List } from "../list.js";
import { go, href, route, setQuery } from "../router.js";
import { mouthPicture, thumbnail } from "../results/mouths.js";
import { Refused } from "../explain/refused.js";
import { useDroppedFiles } from "../try/dropped_files.js";
import { loadRuns, runs } from "../train/store.js";

/** The page. */
export function Explain() {
  const name = route.value.arg;
  const model = route.value.query.get("model") ?? "";
  /** @type {{value: File | null}} */
  const file = useSignal(null);
  const over = useSignal(false);
  const take = useMemo(() => (/** @type {File[]} */ files) => {
    if (!files.length) return;
    file.value = files[0];
    if (route.value.arg) go("explain");
  }, []);
  useDroppedFiles(take, over);
  useEffect(() => {
    loadRuns();
  }, []);
  useEffect(() => {
    if (name) file.value = null;
  }, [name]);
  const close = () => {
    file.value = null;
    go("explain");
  };
  const open = name || file.value;
  useKeys(t("Explain"), [{ keys: ["Escape"], text: t("Choose another mouth"), run: close }], { enabled: Boolean(open) });
  return html`<div class="page explain ${over.value ? "drop-over" : ""}">
    <div class="page-title"><h1>${t("Explain")}</h1>
      ${open && html`<${ModelSelect} model=${model} /><${Button} hint="Escape" onClick=${close}>${t("Choose another mouth")}<//>`}</div>
    ${name && html`<${OfMouth} key=${name + model} name=${name} model=${model} />`}
    ${!name && file.value && html`<${OfFile} key=${file.value.name + model} file=${file.value} model=${model} />`}
    ${!open && html`<${Chooser} take=${(/** @type {File} */ one) => take([one])} />`}
  </div>`;
}

/** @param {{model: string}} props */
function ModelSelect({ model }) {
  const trained = (runs.value ?? []).filter((run) => run.epochs_done > 0 && run.state !== "running");
  const usual = state.value?.model?.name ?? "";
  const options = [{ value: "", title: t("model: {name}", { name: usual }) }, ...trained.map((run) => ({ value: run.name, title: run.name }))];
  return html`<${Select} label=${t("Model")} value=${model} options=${options} onChange=${(/** @type {string} */ value) => setQuery({ model: value || null })} />`;
}

/** @param {{name: string, model: string}} props */
function OfMouth({ name, model }) {
  const list = useMemo(() => new List("mouths", new URLSearchParams({ text: name })), [name]);
  useEffect(() => {
    list.ensure(0, 0);
    return () => list.close();
  }, [list]);
  void list.total.value;
  const index = list.indexOf(name);
  const mouth = index === undefined ? null : list.place(index).value;
  const relabel = (/** @type {string | null} */ label) => {
    if (!mouth) return;
    decide({ action: "label", kind: "mouths", items: [mouth], value: label, change: () => ({ label, label_by: "user" }) });
    announce(label ?? t("no label"));
  };
  useKeys(t("Label"), [
    ...labels.value.filter((label) => label.key).map((label) => ({ keys: [label.key], text: label.name, run: () => relabel(label.name) })),
    { keys: ["0", "Backspace"], text: t("Clear the label"), run: () => relabel(null) },
  ]);
  const load = useMemo(() => (/** @type {string} */ part, /** @type {AbortSignal} */ signal) => get(`explain/${encodeURIComponent(name)}`, { model, part }, signal), [name, model]);
  return html`<${Explained} load=${load} image=${mouthPicture(name, 192)} name=${name} mouth=${mouth} relabel=${relabel} />`;
}

/** @param {{file: File, model: string}} props */
function OfFile({ file, model }) {
  const url = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(file);
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [file]);
  const crop = useSignal(false);
  const asCrop = crop.value;
  const load = useMemo(() => (/** @type {string} */ part, /** @type {AbortSignal} */ signal) => post(address("explain", { model, part, crop: asCrop || null }), file, signal), [file, model, asCrop]);
  const refused = (/** @type {any} */ error) => html`<${Refused} error=${error} name=${file.name} explainAsCrop=${() => (crop.value = true)} />`;
  return html`<${Explained} load=${load} image=${url.value} name=${file.name} mouth=${null} relabel=${null} refused=${refused} />`;
}

/**
 * The parts of an explanation, each shown as soon as it is there.
 *
 * @param {object} props
 * @param {(part: string, signal: AbortSignal) => Promise<any>} props.load
 * @param {string} props.image @param {string} props.name @param {any} props.mouth
 * @param {((label: string | null) => void) | null} props.relabel
 * @param {(error: any) => any} [props.refused] What to show for an error of the server; nothing for the usual message.
 */
function Explained({ load, image, name, mouth, relabel, refused }) {
  /** @type {{value: any}} */
  const found = useSignal(null);
  /** @type {{value: any}} */
  const error = useSignal(null);
  const abort = useMemo(() => new AbortController(), [load]);
  const add = async (/** @type {string} */ part) => {
    const { [part]: value, ...rest } = await load(part, abort.signal);
    if (!abort.signal.aborted) found.value = { ...found.value, ...common(rest), [part]: value, ...(part === "gradient" ? { no_gradient: rest.no_gradient } : {}) };
  };
  const start = async () => {
    found.value = error.value = null;
    try {
      for (const part of ["occlusion", "changes", "neighbours"]) await add(part);
    } catch (failure) {
      if (!abort.signal.aborted) error.value = failure;
    }
  };
  useEffect(() => {
    start();
    return () => abort.abort();
  }, [load]);
  if (error.value?.status >= 400 && error.value.status < 500 && refused) return refused(error.value);
  if (error.value) return html`<${Failure} error=${error.value} retry=${start} />`;
  const answer = found.value;
  const picture = answer?.image ?? image;
  const gradient = () => answer?.gradient === undefined && add("gradient").catch(toastError);
  return html`<div class="explain-main" aria-busy=${String(!answer)}>
    <${Occlusion} image=${picture} name=${name} occlusion=${answer?.occlusion} gradient=${answer?.gradient} noGradient=${answer?.no_gradient} wantGradient=${gradient} />
    <div class="explain-side">
      <section class="panel" aria-label=${t("Prediction")}>
        <header><h2>${t("Prediction")}</h2>${answer && html`<${LabelBadge} name=${answer.predicted} />`}</header>
        <div class="panel-body">
          ${answer ? html`<${Shares} probabilities=${answer.probabilities} />` : html`<${Skeleton} lines=${4} />`}
          ${relabel && html`<${Relabel} mouth=${mouth} relabel=${relabel} />`}
        </div>
      </section>
      ${answer?.changes ? html`<${Changes} changes=${answer.changes} image=${picture} />` : html`<section class="panel"><div class="panel-body"><${Skeleton} lines=${8} /></div></section>`}
    </div>
    <${Neighbours} items=${answer?.neighbours} />
  </div>`;
}

/** The fields that every part of an explanation has. @param {any} answer */
function common({ name, model, predicted, probabilities, image, side }) {
  return { name, model, predicted, probabilities, image, side };
}

/** @param {{mouth: any, relabel: (label: string | null) => void}} props */
function Relabel({ mouth, relabel }) {
  return html`<div class="relabel"><span class="muted">${t("Label of this mouth")}</span> <${LabelBadge} name=${mouth?.label ?? null} />
    <span class="relabel-buttons">${labels.value.map((label) => html`<${Button} key=${label.name} small hint=${label.key || undefined} pressed=${mouth?.label === label.name} onClick=${() => relabel(label.name)}>${label.name}<//>`)}</span></div>
    ${mouth && html`<p class="muted"><a href=${href("pictures", "", { text: mouth.sample, open: mouth.sample })}>${t("Its picture")}</a></p>`}`;
}

/** @param {{items: any[] | undefined}} props */
function Neighbours({ items }) {
  return html`<section class="panel neighbours" aria-label=${t("Nearest training mouths")}>
    <header><h2>${t("Nearest training mouths")}</h2><span class="muted small-text">${t("by the features of the network")}</span></header>
    ${items && !items.length && html`<p class="panel-body muted">${t("The training set of this model is not in this workspace.")}</p>`}
    <ul class="tiles">${(items ?? Array.from({ length: 8 })).map((one, index) => one
      ? html`<li class="tile" key=${one.name}><a class="tile-button" href=${href("explain", one.name)} aria-label=${`${one.name}: ${one.label}`}>
          <img src=${thumbnail(one)} alt="" width="96" height="96" decoding="async" /><span class="tile-line"><${LabelBadge} name=${one.label} /></span>
          <span class="tile-line muted figure">${t("distance {d}", { d: number(one.distance, { maximumFractionDigits: 2 }) })}</span></a></li>`
      : html`<li class="tile" key=${index} aria-hidden="true"><span class="skeleton picture"></span></li>`)}</ul>
  </section>`;
}
