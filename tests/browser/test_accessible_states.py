"""Accessibility of what opens on a page: dialogs, large views, suggestions, agreement, errors."""

from __future__ import annotations

import base64

import pytest

from axe import axe_findings
from moue.demo.raw_folder import demo_pictures
from studio_pages import go, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(params=["light", "dark"])
def scheme(request) -> str:
    return request.param


@pytest.fixture
def page(open_page, trained_studio, scheme):
    page = open_page(trained_studio.link, color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def root(trained_studio):
    return trained_studio.root


class Faults:
    """The accessibility faults of one page after the other."""

    def __init__(self, page) -> None:
        self.page, self.found = page, {}

    def look(self, state: str) -> None:
        """Examine the page in this state."""
        if findings := axe_findings(self.page):
            self.found[state] = findings

    def close(self, state: str) -> None:
        """Examine an open dialog, and close it."""
        self.page.get_by_role("dialog").wait_for()
        self.look(state)
        self.page.keyboard.press("Escape")
        self.page.get_by_role("dialog").wait_for(state="hidden")


@pytest.fixture
def faults(page):
    faults = Faults(page)
    yield faults
    assert faults.found == {}


def test_dialogs(page, faults):
    page.keyboard.press("?")
    faults.close("keys")
    page.get_by_role("button", name="Add pictures").click()
    faults.close("add pictures")
    for summary in page.locator("summary").all():
        summary.click()
    faults.look("settings open")
    go(page, "label?which=all")
    page.wait_for_selector("img.card-image")
    page.get_by_role("button", name="Label names").click()
    faults.close("label names")
    page.get_by_role("button", name="Edit").first.click()
    faults.close("guide")


def test_large_views_and_selections(page, faults):
    go(page, "pictures?dropped=no&sort=name")
    page.locator(".grid-cell").first.click()
    page.get_by_role("dialog").locator(".mark-face").first.wait_for()
    faults.close("large picture")
    go(page, "pictures?dropped=yes")
    page.locator(".grid-cell").first.click()
    page.get_by_role("dialog").get_by_text("Dropped:").wait_for()
    faults.close("large dropped picture")
    go(page, "pictures?view=mouths&dropped=no&sort=name")
    page.locator(".grid-cell img").first.wait_for()
    page.locator(".grid-cell").first.click()
    page.get_by_role("dialog").locator(".probabilities").wait_for()
    faults.close("large mouth")
    page.locator('.grid-cell[data-index="1"]').locator("[data-check]").click(force=True)
    faults.look("selection")
    page.get_by_role("button", name="Delete permanently").click()
    faults.close("delete")
    page.set_viewport_size({"width": 390, "height": 844})
    faults.look("narrow selection")
    page.get_by_role("button", name="Filters").click()
    faults.close("narrow filters")
    go(page, "pictures?text=nothing-is-called-so")
    page.get_by_text("Nothing matches").wait_for()
    faults.look("no match")


def test_labelling_modes(page, faults, root):
    go(page, "label?mode=suggestions&predicted=none&least=0")
    tile = page.locator(".suggestion-grid [data-name]").first
    tile.click()
    faults.look("suggestions, one left out")
    go(page, "label?which=all&sort=name")
    page.wait_for_selector("img.card-image")
    for key in "1121":
        page.keyboard.press(key)
    page.locator(".card .probabilities").wait_for()
    faults.look("card with probabilities")
    settled(page)
    go(page, "label?mode=pass")
    page.get_by_label("Who labels").fill("anna")
    page.get_by_label("How many mouths").fill("4")
    faults.look("new pass")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("img.card-image")
    faults.look("second pass")
    for key in "1234":
        page.keyboard.press(key)
    page.get_by_role("button", name="Show the agreement").click()
    page.locator(".disputes li").first.wait_for()
    faults.look("agreement")
    page.locator(".dispute-buttons button").first.click()
    settled(page)
    faults.look("settled dispute")
    go(page, "label?mode=pass")
    page.wait_for_timeout(300)
    faults.look("passes")
    go(page, "duplicates")
    page.wait_for_selector(".cluster img")
    page.get_by_role("switch", name="Show differences").check()
    faults.look("differences of duplicates")


def test_runs_results_and_comparison(page, faults, root):
    go(page, "train")
    page.wait_for_selector(".runs-table tbody tr >> nth=1")
    page.locator("details.more summary").click()
    page.get_by_role("button", name="Draw the curves of 001").click()
    faults.look("curves of two runs")
    first, second = (
        page.locator(".runs-table tbody th a").nth(place).inner_text() for place in (1, 0)
    )
    go(page, f"results/{first}?b={second}")
    page.locator(".compare tbody tr").first.wait_for()
    faults.look("comparison")
    page.locator(".confusion .cell.wrong:not(:has(.count:text-is('0')))").first.click()
    page.locator("button[data-tile]").first.click()
    faults.look("cell of the confusion matrix")
    page.keyboard.press("1")
    settled(page)
    faults.look("relabelled mouth")
    go(page, f"results/{first}?errors=1")
    page.wait_for_timeout(500)
    faults.look("likely label errors")


def test_explanations_and_tried_pictures(page, faults, root):
    name = rows(root, "SELECT name FROM mouths WHERE dropped IS NULL LIMIT 1")[0][0]
    go(page, f"explain/{name}")
    page.locator(".changes li").first.wait_for(timeout=60_000)
    page.locator(".neighbours .tile a").first.wait_for(timeout=60_000)
    faults.look("explanation")
    go(page, "explain/nobody")
    page.get_by_role("alert").wait_for()
    faults.look("unknown mouth")
    go(page, "try")
    picture = next(one for one in demo_pictures() if one.path.name.startswith("face"))
    text = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": base64.b64encode(b"no")}
    page.set_input_files("input[type=file]", picture.path)
    page.wait_for_selector(".face-card")
    faults.look("tried picture")
    page.set_input_files("input[type=file]", text)
    page.get_by_role("alert").first.wait_for()
    faults.look("file that cannot be read")


def test_empty_workspace(open_page, start_studio, tmp_path, scheme):
    (tmp_path / "new").mkdir()
    page = open_page(start_studio(tmp_path / "new").link, color_scheme=scheme)
    faults = Faults(page)
    for name in ("overview", "pictures", "label", "label?mode=suggestions", "label?mode=pass",
                 "duplicates", "train", "results", "explain"):  # fmt: skip
        go(page, name)
        page.wait_for_load_state("networkidle")
        faults.look(name)
    assert faults.found == {}
