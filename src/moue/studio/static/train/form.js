// @ts-check
/** The form of a new training: the recipe, and the settings that differ from it. */
import { html, useEffect, useSignal } from "../vendor/preact.js";
import { get, post, state } from "../api.js";
import { Button, errorText, Field, toastError } from "../components.js";
import { n, number, t, translate } from "../i18n.js";
import { useKeys } from "../keys.js";
import { settingName } from "../names.js";
import { load, save } from "../prefs.js";
import { follow } from "./store.js";

/** Settings that are always visible; the others are behind "More settings". */
const FIRST = ["epochs", "fine_tune", "seed", "device"];
/** Numbers of a recipe that the cards show. */
const FACTS = /** @type {[string, (value: any) => string][]} */ ([
  ["network", (value) => String(value)],
  ["epochs", (value) => t("{n} epochs", { n: Number(value) })],
  ["input_size", (value) => t("{n} px", { n: Number(value) })],
]);

/**
 * @typedef {{name: string, title?: string, help: string, settings: Record<string, any>}} Recipe
 * @typedef {{name: string, type: string, default: any, value: any, help: string, low: number | null, high: number | null, choices: string[] | null, optional: boolean, title?: string}} SettingField
 */

/** @param {{started: () => void, disabled: boolean}} props */
export function TrainForm({ started, disabled }) {
  /** @type {{value: Recipe[] | null}} */
  const recipes = useSignal(null);
  /** @type {{value: string[]}} */
  const bundled = useSignal([]);
  /** @type {{value: SettingField[]}} */
  const fields = useSignal([]);
  const chosen = useSignal(load("recipe", ""));
  /** @type {{value: Record<string, any>}} */
  const values = useSignal({});
  const error = useSignal("");
  const busy = useSignal(false);

  useEffect(() => {
    get("recipes").then((answer) => {
      recipes.value = answer.recipes;
      bundled.value = answer.bundled;
      if (!answer.recipes.some((/** @type {Recipe} */ one) => one.name === chosen.value)) chosen.value = answer.default;
    }, toastError);
    get("settings").then((answer) => {
      const section = answer.sections.find((/** @type {any} */ one) => one.name === "train");
      fields.value = (section?.fields ?? []).filter((/** @type {SettingField} */ one) => one.name !== "recipe");
      values.value = Object.fromEntries(fields.value.filter((one) => one.value !== one.default).map((one) => [one.name, one.value]));
    }, toastError);
  }, []);

  const recipe = recipes.value?.find((one) => one.name === chosen.value);
  const ready = !disabled && !busy.value && Boolean(recipe);
  const start = async () => {
    if (!ready) return;
    busy.value = true;
    error.value = "";
    try {
      const job = await post("jobs", { command: "train", options: { ...values.value, recipe: chosen.value } });
      save("recipe", chosen.value);
      follow(job);
      started();
    } catch (failure) {
      error.value = errorText(failure);
    } finally {
      busy.value = false;
    }
  };
  useKeys(t("Train"), [{ keys: ["Mod+Enter"], text: t("Start the training"), run: start, always: true }]);
  const set = (/** @type {string} */ key, /** @type {any} */ value) => {
    const { [key]: _, ...others } = values.value;
    values.value = value === null ? others : { ...others, [key]: value };
  };
  const rows = (/** @type {SettingField[]} */ some) => some.map((field) => html`<${Setting} key=${field.name} field=${field.name === "fine_tune" ? { ...field, choices: bundled.value } : field} recipe=${recipe} value=${values.value[field.name]} set=${set} />`);

  return html`<form class="panel train-form" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); start(); }}>
    <header><h2>${t("New training")}</h2></header>
    <div class="panel-body">
      <${Recipes} recipes=${recipes.value} chosen=${chosen.value} choose=${(/** @type {string} */ one) => (chosen.value = one)} />
      <div class="field-grid">
        ${rows(fields.value.filter((field) => FIRST.includes(field.name)))}
      </div>
      <details class="more">
        <summary>${t("More settings")}</summary>
        <div class="field-grid">${rows(fields.value.filter((field) => !FIRST.includes(field.name)))}</div>
      </details>
      <${DataNote} />
      ${error.value && html`<p class="error" role="alert">${error.value}</p>`}
      <${Button} kind="primary" type="submit" icon="play" hint="Mod+Enter" disabled=${!ready}>${t("Start the training")}<//>
    </div>
  </form>`;
}

/** @param {{recipes: Recipe[] | null, chosen: string, choose: (name: string) => void}} props */
function Recipes({ recipes, chosen, choose }) {
  if (!recipes) return html`<div class="recipes" aria-hidden="true">${[1, 2, 3].map((one) => html`<span class="skeleton recipe" key=${one} />`)}</div>`;
  return html`<fieldset class="recipes"><legend class="visually-hidden">${t("Recipe")}</legend>
    ${recipes.map((one) => html`<label key=${one.name} class="recipe">
      <input type="radio" name="recipe" value=${one.name} checked=${one.name === chosen} onChange=${() => choose(one.name)} />
      <span class="recipe-name">${one.name}</span>
      <span class="recipe-facts">${FACTS.filter(([key]) => one.settings?.[key] !== undefined).map(([key, format]) => format(one.settings[key])).join(" · ")}</span>
      <span class="help">${translate(one.help)}</span>
    </label>`)}
  </fieldset>`;
}

/** @param {{field: SettingField, recipe: Recipe | undefined, value: any, set: (name: string, value: any) => void}} props */
function Setting({ field, recipe, value, set }) {
  const id = `train-${field.name}`;
  const usual = recipe?.settings?.[field.name] ?? field.default;
  const label = settingTitle(field);
  const help = translate(field.help);
  const give = (/** @type {any} */ event) => {
    const text = event.currentTarget.value;
    const numeric = /int|float|number/.test(field.type);
    set(field.name, text === "" ? null : numeric ? Number(text) : text);
  };
  if (field.choices?.length) {
    return html`<${Field} id=${id} label=${label} help=${help}>
      <select id=${id} class="select" value=${value ?? ""} onChange=${give}>
        <option value="" selected=${value === undefined}>${field.optional ? t("random weights") : String(field.default)}</option>
        ${field.choices.filter((one) => one !== field.default).map((one) => html`<option key=${one} value=${one} selected=${one === value}>${one}</option>`)}
      </select><//>`;
  }
  const numeric = /int|float|number/.test(field.type);
  return html`<${Field} id=${id} label=${label} help=${help}>
    <input id=${id} class="input" type=${numeric ? "number" : "text"} inputmode=${numeric ? "decimal" : "text"} min=${field.low ?? undefined} max=${field.high ?? undefined}
      step=${/int/.test(field.type) ? 1 : "any"} placeholder=${usual === null || usual === undefined ? t("none") : String(usual)} value=${value ?? ""} onInput=${give} /><//>`;
}

/** @param {SettingField} field */
function settingTitle(field) {
  const titles = /** @type {Record<string, string>} */ ({
    epochs: t("Epochs"),
    lr: t("Learning rate"),
    batch_size: t("Batch size"),
    seed: t("Random seed"),
    threads: t("CPU threads"),
    device: t("Device"),
    patience: t("Patience"),
    fine_tune: t("Start from"),
  });
  return titles[field.name] ?? field.title ?? settingName(field.name);
}

/** How many labelled mouths the training would read. */
function DataNote() {
  const counts = state.value?.split_counts ?? {};
  const total = (/** @type {string} */ split) => sum(counts[split]);
  const train = total("train");
  if (!train) {
    return html`<p class="note warning">${t("No mouth is in the training set yet. Label mouths, then start the step Split on the page Overview.")} <a href="#/overview">${t("Overview")}</a></p>`;
  }
  const { labelled, split } = state.value.counts;
  const left = labelled - split;
  return html`${left > 0 && html`<p class="note warning">${n("{n} labelled mouth is in no split and is not used. Start the step Split on the page Overview.",
    "{n} labelled mouths are in no split and are not used. Start the step Split on the page Overview.", left)} <a href="#/overview">${t("Overview")}</a></p>`}
    <p class="note muted">${t("{train} mouths to train on, {val} to choose the best epoch, {test} to test.", { train: number(train), val: number(total("val")), test: number(total("test")) })}</p>`;
}

/** @param {number | Record<string, number> | undefined} count */
function sum(count) {
  if (typeof count === "number") return count;
  return Object.values(count ?? {}).reduce((total, one) => total + one, 0);
}
