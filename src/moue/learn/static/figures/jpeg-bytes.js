// @ts-check
/** What is inside a JPEG file: its segments, its EXIF data, and what is lost when it is cut. */
import { dump, facts, segments } from "../core/jpeg-bytes.js";
import { unpack } from "../core/pack.js";
import { legend } from "./chart.js";
import { choice, frame, h, newId, percent, slider, texts, whole } from "./parts.js";

const COLOURS = { start: 3, end: 3, exif: 1, jfif: 1, application: 1, colour: 1, adobe: 1, comment: 1, quantization: 2, huffman: 2, frame: 2, restart: 2, scan: 0, other: 2 };

/** @param {HTMLElement} element @param {{lang: string, data: Function}} context */
export async function mount(element, context) {
  const t = await texts(context.lang, "jpeg-bytes");
  const f = frame(element, t, t("What is inside a JPEG file"));
  const data = unpack(await context.data("jpeg-bytes"));
  const words = {
    start: t("start of the file"), end: t("end of the file"), exif: t("EXIF: camera, time, place, orientation"), jfif: t("JFIF: resolution"), application: t("data of a program"),
    colour: t("colour profile"), adobe: t("Adobe: kind of colours"), comment: t("comment"), quantization: t("table: how coarse each frequency is"), huffman: t("table: how numbers are coded"),
    frame: t("size, channels, sampling"), restart: t("restart interval"), scan: t("the picture itself, compressed"), other: t("other"),
  };
  /** @type {Uint8Array} */
  let file = data.file0;
  let name = data.names[0];
  let cut = 100;
  let chosen = 1;
  let address = "";

  f.stage.classList.add("mf-wide-left");
  const strip = h("div", { class: "mf-strip", role: "group", "aria-label": t("Segments of the file") });
  const title = h("p", { class: "mf-title" });
  const bytes = h("pre", { class: "mf-bytes", tabindex: 0, role: "group", "aria-label": t("Bytes of the segment") });
  const picture = h("img", { class: "mf-broken", alt: t("The picture as the browser decodes it") });
  const note = h("p", { class: "mf-note" });
  f.stage.append(h("div", { class: "mf-stack" }, h("div", {}, h("p", { class: "mf-title" }, t("Segments"), " ", h("small", {}, t("choose one; hatched: cut off"))), strip, legend([[0, t("picture")], [1, t("information")], [2, t("tables")], [3, t("start and end")]])), h("div", {}, title, bytes)),
    h("div", {}, h("p", { class: "mf-title" }, t("What the browser shows")), picture, note));
  const length = slider({ label: t("Bytes kept"), min: 1, max: 100, step: 1, value: 100, format: (v) => percent(v / 100), onInput: (v) => { cut = v; update(); } });
  const id = newId();
  const own = h("input", { type: "file", id, accept: "image/jpeg", onchange: async () => {
    const chosenFile = own.files?.[0];
    if (!chosenFile) return;
    file = new Uint8Array(await chosenFile.arrayBuffer());
    name = chosenFile.name;
    chosen = 1;
    update();
  } });
  f.controls.append(
    choice({ label: t("File"), value: "0", options: data.names.map((/** @type {string} */ _, /** @type {number} */ i) => [String(i), [t("as it is"), t("rotated by EXIF"), t("CMYK")][i]]), onChange: (v) => { file = data[`file${v}`]; name = data.names[Number(v)]; chosen = 1; update(); } }).element,
    length.element, h("div", { class: "mf-own" }, h("label", { for: id }, t("Your own JPEG (it stays in this browser)")), own));
  f.table(() => ({ head: [t("Marker"), t("Content"), t("Start"), t("Bytes"), t("Share")],
    rows: segments(file).map((one) => [one.marker, words[/** @type {keyof typeof words} */ (one.kind)], whole(one.start), whole(one.length), percent(one.length / file.length, 1)]) }));
  f.onEnd(() => URL.revokeObjectURL(address));

  function update() {
    const list = segments(file);
    const kept = Math.max(2, Math.round((file.length * cut) / 100));
    const part = file.subarray(0, kept);
    chosen = Math.min(chosen, Math.max(0, list.length - 1));
    const widest = Math.max(...list.map((one) => Math.log2(one.length + 1)), 1);
    strip.replaceChildren(...list.map((one, i) => h("button", {
      type: "button", class: `mf-c${COLOURS[/** @type {keyof typeof COLOURS} */ (one.kind)]}${one.start >= kept ? " mf-lost" : ""}`, "aria-pressed": i === chosen ? "true" : "false", title: `${one.marker}: ${words[/** @type {keyof typeof words} */ (one.kind)]}`,
      "aria-label": `${one.marker}, ${words[/** @type {keyof typeof words} */ (one.kind)]}, ${whole(one.length)}`, style: { flexGrow: String(0.3 + Math.log2(one.length + 1) / widest) },
      onclick: () => { chosen = i; update(); strip.querySelectorAll("button")[i].focus(); },
    })));
    const one = list[chosen];
    if (one) {
      title.replaceChildren(`${one.marker} `, h("small", {}, `${words[/** @type {keyof typeof words} */ (one.kind)]} · ${t("{n} bytes", { n: whole(one.length) })}`));
      bytes.textContent = dump(part, one.start, Math.min(one.length, 96), 8) || t("cut off");
    } else bytes.textContent = dump(part, 0, 96, 8);
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([/** @type {any} */ (part)], { type: "image/jpeg" }));
    picture.src = address;
    const all = facts(file);
    const now = facts(part);
    note.textContent = now.complete ? "" : t("Many programs show a cut picture without a word; the tutorial's keep it.");
    const values = { name, n: list.length, bytes: whole(file.length), w: all.width, h: all.height, channels: all.channels, scan: percent(list.filter((s) => s.kind === "scan").reduce((sum, s) => sum + s.length, 0) / file.length), kept: whole(kept) };
    f.say(list.length === 0
      ? t("{name} is not a JPEG file: it does not begin with FF D8, whatever its name says.", values)
      : t.join(
        t("{name}: {bytes} bytes in {n} segments, {w} × {h} px, {channels} channels; {scan} of the bytes are the picture.", values),
        all.orientation > 1 ? t("EXIF says orientation {n}: a program that ignores it shows the picture turned.", { n: all.orientation }) : "",
        all.channels === 4 ? t("Four channels: CMYK, which many programs show in wrong colours.") : "",
        now.complete ? t("The file is complete.") : t("With {kept} bytes the end marker FF D9 is missing: moue drops the file as unreadable.", values)));
  }

  update();
  return f;
}
