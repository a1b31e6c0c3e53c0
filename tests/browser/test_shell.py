"""The frame of every page: accessibility, language, theme, keys, and the way into the studio."""

from __future__ import annotations

import pytest

from axe import axe_findings
from studio_pages import PAGES, go

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCHEMES = ("light", "dark")
OVERFLOW = """() => {
  const main = document.querySelector("main");
  const root = document.documentElement;
  return Math.max(root.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
}"""
FOCUSED = """() => {
  const element = document.activeElement;
  return element.getAttribute("aria-label") || element.textContent.trim();
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_an_accessibility_fault(open_page, studio, scheme, width):
    page = open_page(studio.link, color_scheme=scheme, viewport={"width": width, "height": 900})
    found = {}
    for name in PAGES:
        go(page, name)
        page.wait_for_load_state("networkidle") if name != "try" else None
        if findings := axe_findings(page):
            found[name] = findings
    assert found == {}


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_is_wider_than_the_window(open_page, studio, width):
    page = open_page(studio.link, viewport={"width": width, "height": 844})
    wide = {}
    for name in PAGES:
        go(page, name)
        page.wait_for_timeout(300)
        over = page.evaluate(OVERFLOW)
        if over > 0:
            wide[name] = over
    assert wide == {}


def test_the_language_changes_without_a_reload(page):
    page.evaluate("() => { window.kept = true }")
    page.get_by_role("button", name="切换到简体中文").click()
    page.locator(".tabs").get_by_role("link", name="标注").wait_for()
    assert page.evaluate("() => document.documentElement.lang") == "zh-CN"
    assert page.evaluate("() => window.kept")
    page.get_by_role("button", name="Switch to English").click()
    page.locator(".tabs").get_by_role("link", name="Label").wait_for()


def test_a_chinese_browser_gets_chinese(open_page, studio):
    page = open_page(studio.link, locale="zh-CN")
    page.get_by_role("heading", name="总览").wait_for()


def test_a_chosen_theme_stays_after_a_reload(page):
    page.get_by_role("button", name="Theme: as the system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_the_token_leaves_the_address_and_works_once(open_page, studio):
    page = open_page(studio.link)
    assert "token" not in page.url
    page.reload()
    page.get_by_role("heading", name="Overview").wait_for()
    stranger = page.context.browser.new_context()
    answer = stranger.new_page().goto(studio.link)
    assert answer.status == 403
    stranger.close()


def test_the_list_of_keys_names_those_of_the_page(page):
    go(page, "label")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.get_by_text("Label: pout").wait_for()
    dialog.get_by_text("Undo").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_tab_reaches_every_part_of_the_header_and_the_page(page):
    names = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        names.add(page.evaluate(FOCUSED))
    assert {"Skip to the content", "Keys", "Add pictures", "Run all steps"} <= names


def test_a_request_that_is_stopped_in_the_middle_of_its_answer_has_no_result(page):
    outcome = page.evaluate(
        """async () => {
          const { get } = await import("/static/api.js");
          const usual = window.fetch;
          window.fetch = async (_, { signal }) => new Response(new ReadableStream({
            start(stream) { signal.addEventListener("abort", () => stream.error(signal.reason)); },
          }));
          const control = new AbortController();
          const answer = get("state", null, control.signal);
          setTimeout(() => control.abort(), 0);
          try {
            return await answer;
          } catch (error) {
            return error.name;
          } finally {
            window.fetch = usual;
          }
        }"""
    )
    assert outcome == "AbortError"
