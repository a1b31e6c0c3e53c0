// @ts-check
/** The frame of the course in the studio: theme, language, progress of reading, current section. */
import "./course.js";

const root = document.documentElement;

function themeButton() {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-theme-button]"));
  if (!button) return;
  const themes = ["system", "light", "dark"];
  const signs = { system: "◐", light: "☀", dark: "☾" };
  const show = () => {
    const now = /** @type {"system" | "light" | "dark"} */ (root.dataset.theme ?? "system");
    const label = button.dataset[now] ?? "";
    button.textContent = signs[now];
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem("moue.theme", JSON.stringify(next));
    } catch { /* storage is disabled */ }
    show();
  });
  show();
}

/** The studio, which is another page, uses the same language. */
function languageLink() {
  const link = /** @type {HTMLElement | null} */ (document.querySelector("[data-switch]"));
  link?.addEventListener("click", () => {
    try {
      localStorage.setItem("moue.language", JSON.stringify(link.dataset.switch));
    } catch { /* storage is disabled */ }
  });
}

function followReading() {
  const links = new Map([...document.querySelectorAll(".toc a")].map((a) => [a.getAttribute("href"), a]));
  const bar = /** @type {HTMLElement | null} */ (document.querySelector(".reading div"));
  const sections = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("section[data-block]")]);
  let waiting = false;
  const update = () => {
    waiting = false;
    const room = root.scrollHeight - innerHeight;
    bar?.style.setProperty("--read", String(room > 0 ? Math.min(1, scrollY / room) : 1));
    const at = sections.filter((one) => one.getBoundingClientRect().top < 120).at(-1);
    const end = room > 0 && scrollY >= room - 2 ? sections.at(-1) : at;
    if (!end && scrollY < 8) document.querySelector(".toc ol")?.scrollTo({ left: 0 });
    for (const [href, link] of links) {
      const current = href === `#${end?.dataset.block}`;
      if (current === link.hasAttribute("aria-current")) continue;
      if (!current) { link.removeAttribute("aria-current"); continue; }
      link.setAttribute("aria-current", "true");
      const list = link.closest("ol");
      if (list) list.scrollLeft = /** @type {HTMLElement} */ (link).offsetLeft - list.clientWidth / 3;
    }
  };
  const later = () => {
    if (!waiting) { waiting = true; requestAnimationFrame(update); }
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later);
  update();
}

/** The menu of chapters closes with Escape and with a click elsewhere. */
function chaptersMenu() {
  const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".chapters-menu"));
  if (!menu) return;
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  addEventListener("click", (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
}

themeButton();
languageLink();
followReading();
chaptersMenu();
