"""The pages Train, Results and Explain, on a training that the page starts."""

from __future__ import annotations

import pytest

from studio_pages import go, rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EPOCHS = 4


@pytest.fixture
def trained(page):
    """The page Train after a short training that it started."""
    pytest.importorskip("torch")
    go(page, "train")
    page.fill("#train-epochs", str(EPOCHS))
    page.keyboard.press("Control+Enter")
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
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-train=epoch]:not(:text-is('0'))", timeout=180_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for(timeout=60_000)
    done = int(page.inner_text("[data-train=epoch]"))
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(".state-running")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_selector(".state-stopped", timeout=60_000)
    assert int(page.inner_text("[data-train=epoch]")) >= done


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
