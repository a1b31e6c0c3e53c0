// @ts-check
/** Collect frames of the camera into the labels: hold a digit key, or press and hold a button. */
import { html, useEffect, useMemo, useRef, useSignal } from "../vendor/preact.js";
import { address, post, state } from "../api.js";
import { announce, Button, LabelBadge, toast, toastError } from "../components.js";
import { n, t, translate } from "../i18n.js";
import { useKeys } from "../keys.js";
import { labels } from "../labels.js";
import { mouthPicture } from "../results/mouths.js";
import { href } from "../router.js";
import { Capturer } from "../live/capture.js";

/** Captured pictures that stay visible. */
const SHOWN = 12;

/**
 * @typedef {import("../live/capture.js").Captured} Captured
 */

/** Whether a frame has a mouth, or may get one when the other work is done. @param {Captured} one */
const isKept = (one) => Boolean(one.mouth) || one.state === "queued";

/** @param {{session: import("../live/session.js").LiveSession}} props */
export function CapturePanel({ session }) {
  /** @type {{value: Captured[]}} */
  const captured = useSignal([]);
  /** @type {{value: string | null}} */
  const held = useSignal(null);
  const sending = useSignal(0);
  const capturer = useMemo(() => newCapturer(session, captured, held, sending), []);
  useEffect(() => () => capturer.release(), []);
  useRelease(() => release());
  const running = session.state.value === "running";

  /** @param {string} label */
  function hold(label) {
    if (!running) return;
    capturer.hold(label);
    held.value = label;
  }
  function release() {
    if (!held.value) return;
    capturer.release();
    const count = captured.value.filter((one) => one.label === held.value && isKept(one)).length;
    announce(n("{label}: {n} mouth captured", "{label}: {n} mouths captured", count, { label: held.value }));
    held.value = null;
  }
  async function undo() {
    const last = captured.value[captured.value.length - 1];
    if (!last) return;
    // The last hold: all pictures of one label since another label was held.
    const names = [];
    for (const one of [...captured.value].reverse()) {
      if (one.label !== last.label) break;
      names.push(one.sample);
    }
    try {
      await post("decisions", { op_id: crypto.randomUUID(), action: "drop", kind: "pictures", names, value: null });
      captured.value = captured.value.filter((one) => !names.includes(one.sample));
      toast(n("{n} captured picture was dropped", "{n} captured pictures were dropped", names.length));
    } catch (error) {
      toastError(error);
    }
  }

  useKeys(
    t("Capture"),
    [
      { keys: labels.value.map((label) => label.key).filter(Boolean), text: t("Hold: capture frames into this label"), run: (event) => hold(labelOfKey(event) ?? "") },
      { keys: ["u"], text: t("Drop the pictures of the last hold"), run: undo },
    ],
    { enabled: running },
  );

  return html`<section class="panel capture" aria-label=${t("Capture")} aria-busy=${String(sending.value > 0)}>
    <header>
      <h2>${t("Capture")}</h2>
      <span class="muted">${t("Hold a digit key or a button")}</span>
    </header>
    <div class="capture-labels">
      ${labels.value.map((label) => html`<${CaptureButton} key=${label.name} label=${label} disabled=${!running} held=${held.value === label.name}
        count=${captured.value.filter((one) => one.label === label.name && isKept(one)).length} hold=${() => hold(label.name)} release=${release} />`)}
    </div>
    <${Strip} captured=${captured.value} />
    <footer class="panel-foot">
      <${Button} small icon="undo" hint="u" disabled=${!captured.value.length} onClick=${undo}>${t("Drop the last")}<//>
      <${Button} small onClick=${() => { capturer.newSitting(); captured.value = []; }}>${t("New session")}<//>
    </footer>
    <p class="help">${t("All frames of one session stay in one split, so the test set never contains frames of a session that the model was trained on.")}</p>
  </section>`;
}

/**
 * @param {import("../live/session.js").LiveSession} session
 * @param {{value: Captured[]}} captured
 * @param {{value: string | null}} held
 * @param {{value: number}} sending Number of frames on the way to the server.
 */
function newCapturer(session, captured, held, sending) {
  return new Capturer(
    session.video,
    (jpeg, label, sitting) => post(address("capture", { label, sitting }), jpeg),
    {
      captured: (one) => {
        captured.value = [...captured.value, one];
      },
      failed: (error) => {
        held.value = null;
        toastError(error);
      },
      sending: (frames) => {
        sending.value = frames;
      },
    },
  );
}

/** @param {KeyboardEvent} event */
function labelOfKey(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key;
  return labels.value.find((label) => label.key === digit)?.name;
}

/** Call a function when any key or pointer is released, or the window loses the focus. @param {() => void} done */
function useRelease(done) {
  const current = useRef(done);
  current.current = done;
  useEffect(() => {
    const run = () => current.current();
    for (const name of ["keyup", "pointerup", "pointercancel", "blur"]) addEventListener(name, run);
    return () => {
      for (const name of ["keyup", "pointerup", "pointercancel", "blur"]) removeEventListener(name, run);
    };
  }, []);
}

/**
 * @param {{label: import("../labels.js").Label, count: number, held: boolean, disabled: boolean, hold: () => void, release: () => void}} props
 */
function CaptureButton({ label, count, held, disabled, hold, release }) {
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    hold();
  };
  return html`<button type="button" class="capture-label ${held ? "held" : ""}" disabled=${disabled} aria-pressed=${String(held)}
    onPointerDown=${hold} onPointerLeave=${release} onKeyDown=${key} onContextMenu=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${LabelBadge} name=${label.name} />
    <span class="capture-count">${count}</span>
    ${label.key && html`<kbd aria-hidden="true">${label.key}</kbd>`}
  </button>`;
}

/** @param {{captured: Captured[]}} props */
function Strip({ captured }) {
  const shown = captured.slice(-SHOWN).reverse();
  const waiting = captured.filter((one) => one.state === "queued").length;
  const without = captured.filter((one) => !one.mouth && one.state !== "queued");
  return html`<div class="capture-strip">
    ${shown.map((one) =>
      one.mouth
        ? html`<a key=${one.sample} href=${href("explain", one.mouth)} title=${one.label}><img src=${mouthPicture(one.mouth)} alt=${one.label} width="48" height="48" decoding="async" /></a>`
        : html`<span key=${one.sample} class="no-mouth" title=${translate(one.reason)}>–</span>`,
    )}
    ${!shown.length && html`<span class="muted">${t("Captured mouths appear here.")}</span>`}
  </div>
  ${waiting > 0 && html`<p class="muted">${n("{n} frame waits until the other work is done", "{n} frames wait until the other work is done", waiting)}</p>`}
  ${without.length > 0 && html`<p class="muted">${n("{n} frame had no usable mouth", "{n} frames had no usable mouth", without.length)}: ${translate(without[without.length - 1].reason)}</p>`}`;
}
