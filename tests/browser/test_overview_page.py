"""The overview: steps, thresholds, settings and adding pictures."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from moue.demo.raw_folder import demo_pictures
from moue.workspace.workspace import Workspace
from studio_pages import go, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def setting(root: Path, section: str, name: str) -> object:
    path = root / "moue.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found.get(section, {}).get(name)


def test_the_steps_show_the_numbers_of_the_catalog(page, root):
    found = rows(root, "SELECT count(*) FROM samples")[0][0]
    assert page.locator(".step-count").first.text_content() == f"{found}"
    crops = page.locator(".steps li", has_text="Mouth crops").locator(".step-count")
    assert crops.text_content() == f"{rows(root, 'SELECT count(*) FROM mouths')[0][0]}"


def test_a_moved_threshold_shows_the_pictures_and_clean_drops_them(page, root):
    handle = page.get_by_role("slider")
    handle.focus()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    page.get_by_text("would be dropped").wait_for()
    page.locator(".threshold-effect img").first.wait_for()
    before = rows(root, "SELECT count(*) FROM samples WHERE dropped = 'blurry'")[0][0]
    page.get_by_role("button", name="Save and clean").click()
    page.locator(".job-panel").wait_for()
    page.locator(".job-panel").wait_for(state="hidden", timeout=60_000)
    assert setting(root, "clean", "min_sharpness") is not None
    assert rows(root, "SELECT count(*) FROM samples WHERE dropped = 'blurry'")[0][0] > before


def test_a_setting_is_written_and_a_wrong_value_is_explained(page, root):
    page.locator("summary", has_text="[clean]").click()
    field = page.get_by_label("min main face")
    field.fill("77")
    field.press("Tab")
    page.locator(".setting", has_text="min main face").get_by_text("moue.toml").wait_for()
    assert setting(root, "clean", "min_main_face") == 77
    field.fill("-5")
    field.press("Tab")
    page.locator(".setting .error").wait_for()
    assert setting(root, "clean", "min_main_face") == 77
    page.locator(".setting", has_text="min main face").get_by_role("button", name="Reset").click()
    page.locator(".setting .chip").wait_for(state="detached")
    assert setting(root, "clean", "min_main_face") is None


def test_an_empty_workspace_imports_a_folder_and_runs_all_steps(
    open_page, start_studio, tmp_path_factory
):
    root = tmp_path_factory.mktemp("empty") / "workspace"
    Workspace(root).create("")
    page = open_page(start_studio(root).link)
    page.get_by_role("button", name="Add pictures").click()
    files = [str(one.path) for one in list(demo_pictures())[:6]]
    page.locator('.drop-area input[type="file"]').first.set_input_files(files)
    page.get_by_role("button", name="Run all steps").wait_for(timeout=60_000)
    page.locator(".job-panel").wait_for(state="hidden", timeout=60_000)
    page.get_by_role("button", name="Run all steps").click()
    crops = page.locator(".steps li", has_text="Mouth crops").locator(".step-count")
    crops.filter(has_text="6").wait_for(timeout=90_000)
    assert rows(root, "SELECT count(*) FROM mouths") == [(6,)]


def test_duplicates_are_dropped_and_kept_by_key(page, root):
    go(page, "duplicates")
    page.wait_for_selector(".cluster")
    name = page.locator(".cluster-item button").nth(1).get_attribute("aria-label").split(":")[0]

    def state() -> str | None:
        return rows(root, "SELECT dropped FROM samples WHERE name = ?", name)[0][0]

    page.keyboard.press("a")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("#app:not([data-unsent])")
    assert state() is None
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.wait_for_selector("#app:not([data-unsent])")
    assert state() == "by_hand"
    page.keyboard.press("r")
    page.wait_for_selector("#app:not([data-unsent])")
    assert state() is None


def test_a_key_acts_on_the_picture_that_the_key_before_it_chose(page, root):
    go(page, "duplicates")
    page.wait_for_selector(".cluster")
    items = page.locator(".cluster").first.locator(".cluster-item button")
    first, second = (items.nth(n).get_attribute("aria-label").split(":")[0] for n in (0, 1))
    page.evaluate(
        """() => {
          for (const key of ["ArrowRight", "x"])  // one after the other, before a frame is drawn
            document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }"""
    )
    settled(page)
    found = dict(rows(root, "SELECT name, dropped FROM samples WHERE dropped = 'by_hand'"))
    assert second in found
    assert first not in found


def test_an_old_answer_does_not_take_back_a_newer_decision(page, root):
    old: list[tuple[Any, Any]] = []
    go(page, "duplicates")
    page.wait_for_selector(".cluster")
    page.route(
        "**/api/v1/clusters*",
        lambda route: route.continue_() if old else old.append((route, route.fetch())),
    )
    page.keyboard.press("a")  # the page asks for the clusters again; the answer is on its way ...
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    settled(page)
    while not old:
        page.wait_for_timeout(10)
    page.keyboard.press("x")  # ... while the person drops a picture
    settled(page)
    shown = page.locator(".cluster").first.locator(".cluster-item button").nth(1)
    name = shown.get_attribute("aria-label").split(":")[0]
    route, answer = old[0]
    route.fulfill(response=answer)
    settled(page)
    assert rows(root, "SELECT dropped FROM samples WHERE name = ?", name) == [("by_hand",)]
    assert shown.get_attribute("aria-pressed") == "false"
    page.keyboard.press("r")
    settled(page)
    assert rows(root, "SELECT dropped FROM samples WHERE name = ?", name) == [(None,)]


def test_keeping_one_picture_of_a_cluster_is_undone_at_once(page, root):
    go(page, "duplicates")
    page.wait_for_selector(".cluster")
    cluster = page.locator(".cluster").first
    title = cluster.get_attribute("aria-label")
    buttons = cluster.locator(".cluster-item button").all()
    names = [one.get_attribute("aria-label").split(":")[0] for one in buttons]

    def kept() -> set[str]:
        page.wait_for_selector("#app:not([data-unsent])")
        dropped = dict(rows(root, "SELECT name, dropped FROM samples"))
        return {name for name in names if dropped[name] is None}

    before = kept()
    dropped = next(i for i, name in enumerate(names) if name not in before)
    for _ in range(dropped):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    assert kept() == {names[dropped]}
    assert cluster.get_attribute("aria-label") == title
    page.keyboard.press("u")
    assert kept() == before
    page.locator(".bar").get_by_role("button", name="Undo").and_(
        page.locator(":disabled")
    ).wait_for()
    page.locator(".toast", has_text="Dropped").wait_for(state="detached")


def test_the_tab_counts_what_the_page_of_pictures_shows(page):
    tab = page.locator(".tabs").get_by_role("link", name="Pictures").locator(".count")
    count = tab.inner_text()
    assert "in use" in tab.get_attribute("title")
    go(page, "pictures")
    page.locator(".toolbar-count", has_text=f"{count} pictures").wait_for()
