"""Every page of the course in Chromium: figures, accessibility, widths, keys, languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from axe import axe_findings
from moue.learn import course as chapters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIEWS = [("en", "light", 1440), ("zh", "dark", 390), ("zh", "light", 1440), ("en", "dark", 390)]
VISIT = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 400) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 30));
  }
  scrollTo(0, 0);
}"""
"""Scroll through the page, so that all figures appear."""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
BUSY = ".stage[aria-busy]"
FEWER = f"left => document.querySelectorAll('{BUSY}').length < left"


def wait_for_figures(page: Any) -> None:
    """Wait until all figures are drawn; each may take a minute, since tests share the cores."""
    while left := page.locator(BUSY).count():
        page.wait_for_function(FEWER, arg=left, timeout=60_000)


@pytest.fixture(scope="module")
def key(course: Any, chromium: Any) -> Any:
    """The cookies of a browser that has opened the link."""
    context = chromium.new_context()
    context.new_page().goto(course.link)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visit(course: Any, key: Any, open_page: Callable[..., Any]) -> Callable[..., Any]:
    """A function that opens a page of the course; an error in the console fails the test."""

    def opened(path: str, language: str = "en", scheme: str = "light", width: int = 1440) -> Any:
        size = {"width": width, "height": 900}
        link = f"{course.address}{path}?lang={language}"
        return open_page(link, color_scheme=scheme, viewport=size, storage_state=key)

    return opened


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("path", ["", "glossary", *chapters.names()])
def test_a_page_works_without_faults(visit, path, view):
    language, scheme, width = view
    page = visit(path, language, scheme, width)
    page.evaluate(VISIT)
    wait_for_figures(page)
    assert page.locator(".stage-failure").all_text_contents() == []
    assert page.evaluate(WIDER) <= 0
    for answer in page.locator(".exercise summary").all():
        answer.click()
    assert axe_findings(page) == []


def test_the_language_changes_at_the_same_place(visit):
    page = visit("09-loss")
    page.evaluate("() => document.getElementById('do').scrollIntoView()")
    page.get_by_role("link", name="中文").click()
    page.wait_for_selector("html[lang='zh-CN']")
    page.wait_for_function(
        "() => Math.abs(document.getElementById('do').getBoundingClientRect().top) < 200"
    )
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[lang='en']")


def test_the_language_stays_on_the_next_page_and_after_a_reload(visit):
    page = visit("09-loss", "zh")
    page.reload()
    page.wait_for_selector("html[lang='zh-CN']")
    assert "lang" not in page.url
    page.get_by_role("link", name="moue").first.click()
    page.wait_for_selector("html[lang='zh-CN'] .chapter-list")


def test_the_theme_changes_by_key_and_stays(visit):
    page = visit("09-loss")
    button = page.locator("[data-theme-button]")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_the_keyboard_reaches_menu_sections_answers_and_figures(visit):
    page = visit("09-loss")
    page.evaluate(VISIT)
    wait_for_figures(page)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                """() => {
                const e = document.activeElement;
                const place = e.closest(".stage, .toc, .exercise, .chapters-menu, .around, .do");
                return e.classList.contains("skip") ? "skip" : place?.classList[0] ?? e.tagName;
                }"""
            )
        )
    assert {"skip", "chapters-menu", "toc", "stage", "do", "exercise"} <= seen


def test_a_read_chapter_is_marked_in_the_table_of_contents(visit):
    page = visit("09-loss")
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("() => localStorage.getItem('moue.course.read')")
    page.get_by_role("link", name="moue").first.click()
    page.wait_for_selector(".chapter-list .read[data-chapter='09-loss']")


def test_the_studio_has_a_link_to_the_course_and_back(page, studio):
    page.get_by_role("link", name="Learn").click()
    page.get_by_role("heading", name="The course").wait_for()
    page.get_by_role("link", name="Studio").click()
    page.wait_for_selector("#app main > *")
