"""The pages Train, Results and Explain, on a training that the page starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from studio_pages import go, rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EPOCHS = 4


def press_start(page) -> None:
    """Start the training by its key, once the form is loaded; before, the key does nothing."""
    page.wait_for_selector("button:enabled:has-text('Start the training')")
    page.keyboard.press("Control+Enter")


@pytest.fixture
def trained(page):
    """The page Train after a short training that it started."""
    pytest.importorskip("torch")
    go(page, "train")
    page.fill("#train-epochs", str(EPOCHS))
    press_start(page)
    page.wait_for_selector(".state-finished", timeout=180_000)
    return page


def test_a_training_shows_its_curves_and_its_results(trained):
    page = trained
    assert page.inner_text("[data-train=epoch]") == str(EPOCHS)
    assert page.locator(".chart-plot canvas").count() == 2
    legend = page.inner_text(".chart-legend >> nth=0")
    assert "validation" in legend
    assert "–" not in legend
    row = page.inner_text(".runs-table tbody tr")
    assert f"{EPOCHS} / {EPOCHS}" in row
    page.click(".runs-table tbody th a")
    page.wait_for_selector(".confusion .cell")
    counts = page.locator(".confusion .count").all_inner_texts()
    assert sum(map(int, counts)) == int(page.inner_text(".scores > div:nth-child(4) dd"))


def test_a_wrong_cell_shows_its_mouths_and_a_key_relabels_them(trained, root):
    page = trained
    go(page, "results")
    page.wait_for_selector(".confusion .cell")
    cell = page.locator(".confusion .cell.wrong:not(:has(.count:text-is('0')))").first
    label, _, predicted = cell.get_attribute("aria-label").split(":")[0].partition(" predicted as ")
    cell.click()
    tile = page.locator("button[data-tile]").first
    name = tile.get_attribute("aria-label").split(":")[0]
    assert rows(root, "SELECT label FROM mouths WHERE name = ?", name) == [(label,)]
    tile.focus()
    page.keyboard.press(str(["none", "pout", "smile", "open"].index(predicted) + 1))
    page.wait_for_selector(".tile.changed")
    page.wait_for_selector(".changed-note")
    found = rows(root, "SELECT label, label_by FROM mouths WHERE name = ?", name)
    assert found == [(predicted, "user")]
    page.keyboard.press("u")
    page.wait_for_selector(".tile.changed", state="detached")
    page.get_by_text("Undone: 1 change").wait_for()
    assert rows(root, "SELECT label FROM mouths WHERE name = ?", name) == [(label,)]


def test_a_stopped_training_resumes(page):
    pytest.importorskip("torch")
    go(page, "train")
    page.fill("#train-epochs", "400")
    press_start(page)
    page.wait_for_selector("[data-train=epoch]:not(:text-is('0'))", timeout=180_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for(timeout=180_000)
    done = int(page.inner_text("[data-train=epoch]"))
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(".state-running")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_selector(".state-stopped", timeout=180_000)
    assert int(page.inner_text("[data-train=epoch]")) >= done


def test_a_training_that_ends_on_another_page_does_not_block_the_next(page):
    pytest.importorskip("torch")
    go(page, "train")
    page.fill("#train-epochs", str(EPOCHS))
    press_start(page)
    page.wait_for_selector(".chip.job")
    go(page, "overview")
    page.wait_for_selector(".chip.job", state="detached", timeout=180_000)
    go(page, "train")
    page.wait_for_selector(".state-finished")
    assert page.get_by_role("button", name="Stop", exact=True).count() == 0
    assert page.get_by_role("button", name="Start the training").is_enabled()


def test_a_failed_training_says_why(page, root):
    pytest.importorskip("torch")
    (root / "runs").rmdir() if (root / "runs").exists() else None
    (root / "runs").write_text("in the way", encoding="utf-8")
    go(page, "train")
    press_start(page)
    failure = page.locator(".train-right .job-panel.failed")
    failure.wait_for(timeout=60_000)
    assert "runs" in failure.inner_text()
    go(page, "overview")
    go(page, "train")
    failure.wait_for()
    failure.get_by_role("button", name="Close").click()
    failure.wait_for(state="detached")


def remove_a_split(root):
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        name = db.execute("SELECT name FROM mouths WHERE split = 'train' LIMIT 1").fetchone()[0]
        db.execute("UPDATE mouths SET split = NULL WHERE name = ?", [name])


def test_mouths_without_a_split_are_counted(page, root):
    remove_a_split(root)
    go(page, "train")
    page.get_by_text("1 labelled mouth is in no split").wait_for()


def test_an_older_answer_does_not_replace_a_newer_state(page, root):
    go(page, "train")
    held = []
    page.route("**/api/v1/state", lambda route: held.append((route, route.fetch())))
    page.evaluate("() => { import('/static/api.js').then((api) => api.refreshState()) }")
    for _ in range(600):
        if held:
            break
        page.wait_for_timeout(50)
    remove_a_split(root)
    page.get_by_text("1 labelled mouth is in no split").wait_for()
    with page.expect_response("**/api/v1/state"):
        held[0][0].fulfill(response=held[0][1])
    page.wait_for_timeout(200)
    assert page.get_by_text("1 labelled mouth is in no split").is_visible()


def test_results_fit_a_narrow_window_and_compare_in_words(trained, open_page, studio):
    page = trained
    run = page.inner_text(".runs-table tbody th a")
    assert "set" in page.inner_text(".runs-table tbody tr td:nth-child(7)")
    compared = {
        "runs": [run, "other"], "split": "test", "left_out": 0,
        "accuracy": [{"value": 0.2, "interval": None}, {"value": 0.93, "interval": None}],
        "macro_f1": [0.2, 0.9], "p_value": 0.0, "only_first": [], "only_second": [],
        "disagreeing": [0, 0],
        "accuracy_difference": {"value": -0.733, "interval": [-0.9, -0.5]},
    }  # fmt: skip
    page.route("**/api/v1/compare?*", lambda route: route.fulfill(json=compared))
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, f"results/{run}?b=other")
    page.get_by_text("other is better: its accuracy is 73.3 points higher").wait_for()
    page.get_by_text("95 % interval from 50 to 90").wait_for()
    page.get_by_text("p < 0.001").wait_for()
    page.locator(".mouths").scroll_into_view_if_needed()
    assert page.evaluate("() => document.documentElement.scrollHeight - innerHeight") == 0
    assert "accuracy on the" in page.inner_text(".scores")
    cells = page.locator(".scores > div").evaluate_all(
        "(all) => all.reduce((sum, one) => sum + one.offsetWidth * one.offsetHeight, 0)"
    )
    box = page.locator(".scores").bounding_box()
    assert cells > 0.97 * box["width"] * box["height"]


def test_the_mouth_that_the_model_is_least_sure_of_is_offered_first(page, root):
    go(page, "label?mode=suggestions")
    page.get_by_role("button", name="Suggest labels").first.click()
    page.locator(".suggestion-grid [data-name]").first.wait_for(timeout=60_000)
    go(page, "explain")
    first = page.locator(".tile a").first
    first.wait_for()
    ordered = page.evaluate(
        "async () => (await (await fetch('api/v1/mouths?dropped=no')).json()).items"
        ".sort((a, b) => b.uncertainty - a.uncertainty).map((one) => one.name)"
    )
    assert first.get_attribute("aria-label").split(":")[0] == ordered[0]


def test_a_mouth_is_explained(page):
    go(page, "explain")
    page.locator(".tile a").first.click()
    page.wait_for_selector(".map-stage canvas")
    page.wait_for_selector(".changes li", timeout=60_000)
    assert page.locator(".changes li").count() == 6
    painted = """() => {
      const canvas = document.querySelector(".map-stage canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some(Boolean);
    }"""
    assert page.evaluate(painted)
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Choose a mouth").wait_for()
