"""The overview: steps, thresholds, settings and adding pictures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from moue.demo.raw_folder import demo_pictures
from moue.workspace.workspace import Workspace
from studio_pages import go, rows

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
