"""The grid of pictures and mouths: filters, selection, the large view, and drop with undo."""

from __future__ import annotations

import pytest

from studio_pages import go, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELL = '.grid-cell[data-index="{}"]'


@pytest.fixture
def mouths(page):
    go(page, "pictures?view=mouths&dropped=no")
    page.wait_for_selector(".grid-cell img")
    return page


def dropped(root) -> int:
    return rows(root, "SELECT count(*) FROM mouths WHERE dropped = 'by_hand'")[0][0]


def test_a_filter_is_in_the_address_and_survives_a_reload(mouths, root):
    mouths.get_by_role("checkbox", name="pout").check()
    count = rows(
        root,
        "SELECT count(*) FROM mouths m JOIN samples s ON s.name = m.sample "
        "WHERE m.label = 'pout' AND m.dropped IS NULL AND s.dropped IS NULL",
    )[0][0]
    mouths.get_by_text(f"{count} mouths").or_(mouths.get_by_text(f"{count} mouth")).first.wait_for()
    assert "label=pout" in mouths.url
    mouths.reload()
    mouths.wait_for_selector(".grid-cell img")
    assert mouths.locator(".grid-cell").count() == count
    mouths.get_by_role("button", name="Clear all filters").click()
    assert "label" not in mouths.url


def test_shift_selects_a_range_that_x_drops_and_u_brings_back(mouths, root):
    mouths.locator(CELL.format(1)).locator("[data-check]").click(force=True)
    mouths.locator(CELL.format(4)).click(modifiers=["Shift"])
    mouths.get_by_text("4 selected").wait_for()
    mouths.keyboard.press("x")
    settled(mouths)
    assert dropped(root) == 4
    mouths.keyboard.press("u")
    settled(mouths)
    assert dropped(root) == 0


def test_arrow_keys_move_one_tab_stop_and_enter_opens(mouths):
    mouths.locator(CELL.format(0)).focus()
    mouths.keyboard.press("ArrowRight")
    mouths.wait_for_selector(f"{CELL.format(1)}:focus")
    assert mouths.locator('.grid [tabindex="0"]').count() == 1
    mouths.keyboard.press("Shift+ArrowRight")
    mouths.get_by_text("2 selected").wait_for()
    mouths.keyboard.press("Enter")
    mouths.get_by_role("dialog").wait_for()
    assert "open=" in mouths.url
    mouths.keyboard.press("Escape")
    mouths.get_by_role("dialog").wait_for(state="hidden")
    mouths.wait_for_selector(f"{CELL.format(2)}:focus")


def test_a_cell_opens_as_soon_as_its_picture_is_there(page):
    held = []
    page.route("**/api/v1/pictures?*", lambda route: held.append(route))
    go(page, "pictures?dropped=no&sort=-name")
    page.locator(CELL.format(0)).click()
    assert page.get_by_role("dialog").count() == 0
    assert held
    page.unroute("**/api/v1/pictures?*")  # this lets the held requests go on
    page.get_by_role("dialog").locator(".mark-face").first.wait_for()


def test_the_large_view_shows_faces_and_history_and_labels(page, root):
    go(page, "pictures?dropped=no&sort=name")
    page.locator(CELL.format(0)).click()
    view = page.get_by_role("dialog")
    view.locator(".mark-face").first.wait_for()
    assert view.locator(".mark-point").count() >= 20
    page.keyboard.press("b")
    view.locator(".mark-face").first.wait_for(state="hidden")
    page.keyboard.press("x")
    view.get_by_text("Dropped:").wait_for()
    settled(page)
    view.get_by_role("heading", name="History").wait_for()
    page.keyboard.press("r")
    settled(page)
    name = view.locator("h2").first.text_content()
    page.keyboard.press("ArrowRight")
    view.locator("h2").filter(has_not_text=name).first.wait_for()
    decided = rows(
        root,
        "SELECT value FROM decisions WHERE name = ? AND field = 'dropped' AND by = 'user' "
        "ORDER BY id",
        name,
    )
    assert decided == [("by_hand",), (None,)]


def test_a_chinese_page_explains_decisions_and_splits_in_chinese(open_page, studio, root):
    page = open_page(studio.link, locale="zh-CN")
    blurry = rows(root, "SELECT name FROM samples WHERE dropped = 'blurry' LIMIT 1")[0][0]
    go(page, f"pictures?dropped=any&open={blurry}")
    view = page.get_by_role("dialog")
    view.locator(".history li").first.wait_for()
    page.keyboard.press("r")
    settled(page)
    view.locator(".history").get_by_text("在工作台中").wait_for()
    texts = view.locator(".history li").all_inner_texts()
    assert any("低于" in text and "清晰度" in text for text in texts)
    page.keyboard.press("Escape")
    mouth = rows(root, "SELECT name FROM mouths WHERE split = 'val' LIMIT 1")[0][0]
    go(page, f"pictures?view=mouths&dropped=any&open={mouth}")
    view.get_by_text("验证集").first.wait_for()
    words = " ".join(view.locator(".history, .facts").all_inner_texts())
    assert not {"train", "val", "test", "below", "above", "folder of"} & set(words.split())
    page.keyboard.press("Escape")
    go(page, "overview")
    assert "训练集" in page.locator(".splits").inner_text()


def test_deleting_asks_for_the_number(page, root):
    go(page, "pictures?dropped=no&sort=name")
    before = rows(root, "SELECT count(*) FROM samples")[0][0]
    page.locator(CELL.format(0)).locator("[data-check]").click(force=True)
    page.get_by_role("button", name="Delete permanently").click()
    button = page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True)
    assert button.is_disabled()
    page.get_by_label("Type the number of pictures to confirm: 1").fill("1")
    button.click()
    page.get_by_text("was deleted").wait_for()
    assert rows(root, "SELECT count(*) FROM samples")[0][0] < before


@pytest.mark.parametrize("height", [5_000_000, 400_000_000])
def test_scrolling_reaches_every_row_above_the_limit_of_a_browser(page, height):
    result = page.evaluate(
        """async (content) => {
          const { heightOf, offsetAfter, scrollTopFor, MAX_HEIGHT } =
            await import("/static/grid_scroll.js");
          const view = 800, bar = heightOf(content) - view, most = content - view;
          const start = { offset: 0, scrollTop: 0 };
          const end = offsetAfter(start, bar, content, view);
          const middle = offsetAfter(start, bar / 2, content, view);
          const small = offsetAfter({ offset: 1000, scrollTop: 10 }, 110, content, view);
          return { allowed: heightOf(content) <= MAX_HEIGHT, end, most, middle, small,
                   back: scrollTopFor(middle, content, view), bar };
        }""",
        height,
    )
    assert result["allowed"]
    assert result["end"] == result["most"]
    assert result["middle"] == pytest.approx(result["most"] / 2, rel=1e-6)
    assert result["back"] == pytest.approx(result["bar"] / 2, rel=1e-6)
    assert result["small"] == (1100 if height > 12_000_000 else 110)
