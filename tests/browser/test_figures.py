"""The figures of the course in a browser: keyboard, accessibility, languages and narrow windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from axe import axe_findings
from figure_names import FIGURE_NAMES
from figure_server import serve
from moue.learn.source import Source

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(Source.bundled()) as link:
        yield link


def open_figure(open_page, address, name, *, lang="en", theme="light", **options):
    page = open_page(f"{address}?figure={name}&lang={lang}&theme={theme}", **options)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    page.wait_for_function("document.querySelector('.mf-summary').textContent.length > 10")
    return page


def summary(page) -> str:
    return page.locator(".mf-summary").inner_text()


@pytest.mark.parametrize("name", FIGURE_NAMES)
def test_both_ends_of_each_control_change_the_summary_or_the_picture(open_page, address, name):
    page = open_figure(open_page, address, name, reduced_motion="reduce")
    sliders = page.locator(".mf input[type=range]")
    for index in range(sliders.count()):
        slider = sliders.nth(index)
        slider.focus()
        before, seen = slider.input_value(), set()
        for key in ("Home", "End"):
            slider.press(key)
            page.wait_for_timeout(200)
            assert summary(page)
            seen.add(summary(page))
        assert len(seen) == 2, slider.evaluate("e => e.labels[0].textContent")
        slider.fill(before)
    buttons = page.locator(".mf-controls button:not([disabled])")
    for index in range(buttons.count()):
        buttons.nth(index).press("Enter")
        page.wait_for_timeout(100)
    handles = page.locator(".mf-handle")
    for index in range(handles.count()):
        before = handles.nth(index).get_attribute("aria-valuetext")
        handles.nth(index).press("ArrowDown")
        handles.nth(index).press("Shift+ArrowUp")
        assert handles.nth(index).get_attribute("aria-valuetext") != before
    page.locator(".mf-data summary").press("Enter")
    page.wait_for_selector(".mf-table td")
    assert page.locator(".mf-table tbody tr").count() > 1


@pytest.mark.parametrize("name", FIGURE_NAMES)
@pytest.mark.parametrize(("lang", "theme", "width"), [("en", "light", 900), ("zh", "dark", 390)])
def test_a_figure_is_accessible_and_fits_the_window(open_page, address, name, lang, theme, width):
    viewport = {"width": width, "height": 800}
    page = open_figure(open_page, address, name, lang=lang, theme=theme, viewport=viewport)
    page.locator(".mf-data summary").press("Enter")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    chinese = any("一" <= sign <= "鿿" for sign in page.locator(".mf").inner_text())
    assert chinese == (lang == "zh")


def test_a_figure_that_is_removed_leaves_nothing(open_page, address):
    page = open_figure(open_page, address, "line-fit")
    page.evaluate("figure.destroy()")
    assert page.locator(".mf").count() == 0


def test_the_address_keeps_the_values_of_the_controls(open_page, address):
    page = open_figure(open_page, address, "transforms", reduced_motion="reduce")
    page.get_by_label("Seed").press("End")
    page.locator("input[type=radio]").nth(2).check()
    kept, text = page.url, summary(page)
    assert kept.split("#")[1] == "transforms:0.08,100,2"
    page.goto("about:blank")
    page.goto(kept)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function(f"document.querySelector('.mf-summary').textContent === {text!r}")
    assert page.get_by_label("Seed").input_value() == "100"
    assert page.locator("input[type=radio]:checked").input_value() == "2"


def test_a_point_follows_the_pointer(open_page, address):
    page = open_figure(open_page, address, "line-fit")
    handle = page.locator(".mf-handle").nth(3)
    before = handle.get_attribute("aria-valuetext")
    box = handle.locator(".mf-dot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] - 80, steps=4)
    page.mouse.up()
    after = handle.get_attribute("aria-valuetext")
    number = re.compile(r"x (\S+), y (\S+)")
    (x, y), (u, v) = (map(float, number.match(text).groups()) for text in (before, after))
    assert u > x + 0.5
    assert v > y + 0.5


def test_motion_stops_at_the_end_at_once_for_readers_who_want_none(open_page, address):
    page = open_figure(open_page, address, "cascade", reduced_motion="reduce")
    page.get_by_role("button", name="Play the stages").click()
    assert page.get_by_label("Stage", exact=True).input_value() == "25"
    assert "form 6 faces" in summary(page)
