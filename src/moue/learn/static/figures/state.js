// @ts-check
/**
 * The values of the controls of a figure in the address, as `#line-fit:0.5,2,0.02`, so that a link
 * leads to the same state.
 */
export class FigureState {
  /** @param {HTMLElement} root @param {string} name */
  constructor(root, name) {
    this.root = root;
    this.start = `#${name}:`;
    this.restored = false;
    root.addEventListener("change", () => this.keep());
  }

  /** The controls whose values are kept: sliders, chosen radio buttons and boxes. */
  controls() {
    return /** @type {HTMLInputElement[]} */ ([...this.root.querySelectorAll("input[type=range], input[type=radio], input[type=checkbox]")]);
  }

  keep() {
    const values = this.controls().filter((one) => one.type !== "radio" || one.checked).map((one) => (one.type === "checkbox" ? Number(one.checked) : one.value));
    history.replaceState(history.state, "", this.start + values.map((value) => encodeURIComponent(value)).join(","));
  }

  /** Restore the values of the address after the figure has shown itself for the first time. */
  restoreOnce() {
    if (this.restored) return;
    this.restored = true;
    if (location.hash.startsWith(this.start)) setTimeout(() => this.restore(), 0);
  }

  restore() {
    const values = location.hash.slice(this.start.length).split(",").map(decodeURIComponent);
    const groups = new Map();
    for (const one of this.controls()) {
      const key = one.type === "radio" ? one.name : one;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    [...groups.values()].forEach((group, i) => {
      if (i >= values.length) return;
      const one = group[0].type === "radio" ? group.find((/** @type {HTMLInputElement} */ other) => other.value === values[i]) : group[0];
      if (!one) return;
      if (one.type === "range") one.value = values[i];
      else if (one.type === "radio") one.checked = true;
      else one.checked = values[i] === "1";
      one.dispatchEvent(new Event(one.type === "range" ? "input" : "change"));
    });
  }
}
