"""The whole way in the browser: from an empty folder to a trained model at the camera."""

from __future__ import annotations

import pytest

from moue.demo.raw_folder import demo_pictures, make_raw_folder
from studio_pages import go, labels_by_user, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LABELS = ["none", "pout", "smile", "open"]
PICTURES, LABELLED, UNDONE, EPOCHS = 64, 40, 3, 3
SHOWN = "img.card-image"


@pytest.fixture
def page(camera_browser, start_studio, tmp_path):
    """The page of a studio that was started in an empty folder, in a browser with a camera."""
    (tmp_path / "project").mkdir()
    studio = start_studio(tmp_path / "project")
    errors: list[str] = []
    context = camera_browser.new_context(
        locale="en-US", viewport={"width": 1440, "height": 900}, permissions=["camera"]
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(studio.link)
    page.wait_for_selector("main > *")
    yield page
    context.close()
    assert errors == []


def test_from_an_empty_folder_to_the_camera(page, tmp_path):
    pytest.importorskip("torch")
    root = tmp_path / "project"
    _import(page, make_raw_folder(tmp_path / "raw", PICTURES))
    assert rows(root, "SELECT count(*) FROM samples")[0][0] >= PICTURES
    _run_all_steps(page)
    _clean_with_another_threshold(page, root)
    _label_and_undo(page, root)
    _run_all_steps(page)
    _train(page, root)
    _relabel_a_wrong_cell(page, root)
    _try_a_picture(page)
    _try_the_camera(page)


def _job_ends(page) -> None:
    """Wait until the job that was started has ended."""
    page.locator(".job-panel").wait_for()
    page.locator(".job-panel").wait_for(state="hidden", timeout=120_000)


def _import(page, folder) -> None:
    page.get_by_role("button", name="Add pictures").first.click()
    page.locator("input[webkitdirectory]").set_input_files(folder)
    page.get_by_role("dialog").wait_for(state="hidden", timeout=60_000)
    _job_ends(page)


def _run_all_steps(page) -> None:
    go(page, "overview")
    page.get_by_role("button", name="Run all steps").click()
    _job_ends(page)


def _clean_with_another_threshold(page, root) -> None:
    before = rows(root, "SELECT count(*) FROM samples WHERE dropped = 'blurry'")[0][0]
    sql = "SELECT json_extract(scores, '$.sharpness') FROM samples WHERE dropped IS NULL"
    values = sorted(value for (value,) in rows(root, sql) if value is not None)
    page.get_by_role("spinbutton", name="Threshold").fill(f"{values[5]:.4f}")
    page.keyboard.press("Tab")
    page.get_by_text("would be dropped").wait_for()
    page.get_by_role("button", name="Save and clean").click()
    _job_ends(page)
    assert rows(root, "SELECT count(*) FROM samples WHERE dropped = 'blurry'")[0][0] > before
    assert "min_sharpness" in (root / "moue.toml").read_text(encoding="utf-8")


def _label_and_undo(page, root) -> None:
    """Label mouths by keyboard, mostly right, and undo the last ones."""
    go(page, "label?which=all&sort=random:1")
    page.wait_for_selector(SHOWN)
    given = {}
    for number in range(LABELLED):
        name = page.locator(SHOWN).get_attribute("alt").removeprefix("Mouth ")
        label = LABELS[number % 4] if number < 4 else _label_in(root, name)
        given[name] = label
        page.keyboard.press(str(LABELS.index(label) + 1))
    settled(page)
    assert len(given) == LABELLED
    assert labels_by_user(root) == given
    for _ in range(UNDONE):
        page.keyboard.press("u")
    page.get_by_text("Undone: 1 change").last.wait_for()
    settled(page)
    assert labels_by_user(root) == dict(list(given.items())[:-UNDONE])


def _label_in(root, name: str) -> str:
    """Return the label in the catalog, or one label of all others."""
    return rows(root, "SELECT label FROM mouths WHERE name = ?", name)[0][0] or "none"


def _train(page, root) -> None:
    go(page, "train")
    page.get_by_role("radio", name="fast").check()
    page.fill("#train-epochs", str(EPOCHS))
    page.wait_for_selector("button:enabled:has-text('Start the training')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".state-finished", timeout=180_000)
    page.click(".runs-table tbody th a")
    page.wait_for_selector(".confusion .cell", timeout=60_000)


def _relabel_a_wrong_cell(page, root) -> None:
    cell = page.locator(".confusion .cell.wrong:not(:has(.count:text-is('0')))").first
    label, _, predicted = cell.get_attribute("aria-label").split(":")[0].partition(" predicted as ")
    cell.focus()
    page.keyboard.press("Enter")
    tile = page.locator("button[data-tile]").first
    name = tile.get_attribute("aria-label").split(":")[0]
    assert rows(root, "SELECT label FROM mouths WHERE name = ?", name) == [(label,)]
    tile.focus()
    page.keyboard.press(str(LABELS.index(predicted) + 1))
    page.wait_for_selector(".tile.changed")
    settled(page)
    found = rows(root, "SELECT label, label_by FROM mouths WHERE name = ?", name)
    assert found == [(predicted, "user")]


def _try_a_picture(page) -> None:
    go(page, "try")
    picture = next(one for one in demo_pictures() if one.path.name.startswith("face"))
    page.set_input_files("input[type=file]", picture.path)
    page.wait_for_selector(".face-card")


def _try_the_camera(page) -> None:
    go(page, "try?camera=on")
    page.wait_for_selector(".stage.camera canvas:not(.idle)")
    page.wait_for_selector(".live-face .probabilities")
    page.keyboard.press("c")
    page.wait_for_selector(".stage.camera", state="detached")
    page.wait_for_selector(".face-card")  # the picture of before
