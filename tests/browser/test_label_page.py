"""Labelling by keyboard: every key is a decision in the catalog, and none gets lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from studio_pages import go, labels_by_user, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHOWN = "img.card-image"


@pytest.fixture
def label_page(page):
    go(page, "label?which=all&sort=name")
    page.wait_for_selector(SHOWN)
    return page


def shown(page) -> str:
    return page.locator(SHOWN).get_attribute("alt").removeprefix("Mouth ")


def test_a_digit_labels_and_shows_the_next_mouth(label_page, root):
    first = shown(label_page)
    label_page.keyboard.press("2")
    second = shown(label_page)
    assert second != first
    label_page.keyboard.press("Numpad4")
    settled(label_page)
    assert labels_by_user(root) == {first: "pout", second: "open"}


def test_undo_goes_back_to_the_mouth_and_survives_a_reload(label_page, root):
    names = []
    for key in "1234":
        names.append(shown(label_page))
        label_page.keyboard.press(key)
    before = dict(rows(root, "SELECT name, label FROM mouths"))
    label_page.keyboard.press("u")
    assert shown(label_page) == names[3]
    settled(label_page)
    label_page.reload()
    label_page.wait_for_selector(SHOWN)
    label_page.keyboard.press("Control+z")
    label_page.get_by_text("Undone: 1 change").wait_for()
    assert set(labels_by_user(root)) <= set(names[:2])
    label_page.keyboard.press("Shift+U")
    label_page.get_by_text("Redone: 1 change").wait_for()
    assert labels_by_user(root)[names[2]] == "smile"
    assert before


def test_a_key_that_follows_undo_at_once_labels_the_mouth_that_undo_shows(label_page, root):
    first = shown(label_page)
    label_page.evaluate(
        """() => {
          for (const [key, code] of [["2", "Digit2"], ["u", "KeyU"], ["3", "Digit3"]])
            document.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }));
        }"""
    )
    settled(label_page)
    assert labels_by_user(root) == {first: "smile"}


def test_a_key_of_an_input_method_does_not_label(label_page, root):
    first = shown(label_page)
    label_page.evaluate(
        "() => document.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: '2', code: 'Digit2', isComposing: true, bubbles: true}))"
    )
    label_page.evaluate(
        "() => document.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Process', code: 'Digit2', keyCode: 229, bubbles: true}))"
    )
    assert shown(label_page) == first
    assert labels_by_user(root) == {}


def test_the_digit_row_of_a_french_keyboard_labels(label_page, root):
    first = shown(label_page)
    label_page.evaluate(
        "() => document.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'é', code: 'Digit2', bubbles: true}))"
    )
    settled(label_page)
    assert labels_by_user(root) == {first: "pout"}


def test_single_keys_can_be_turned_off(label_page, root):
    first = shown(label_page)
    label_page.keyboard.press("?")
    label_page.get_by_role("switch", name="Single keys").uncheck()
    label_page.keyboard.press("Escape")
    label_page.keyboard.press("2")
    label_page.keyboard.press("x")
    assert shown(label_page) == first
    label_page.get_by_role("button", name="smile 3").or_(
        label_page.locator(".label-list button").nth(2)
    ).first.click()
    settled(label_page)
    assert labels_by_user(root) == {first: "smile"}


def test_labels_wait_in_the_browser_while_the_server_is_down(
    label_page, studio, start_studio, root
):
    label_page.keyboard.press("1")
    settled(label_page)
    studio.kill()
    names = []
    for key in "234":
        names.append(shown(label_page))
        label_page.keyboard.press(key)
    label_page.get_by_text("3 labels not sent yet").wait_for()
    port = int(studio.address.rstrip("/").rsplit(":", 1)[1])
    again = start_studio(root, port)
    label_page.goto(again.link)
    label_page.wait_for_selector("main > *")
    label_page.wait_for_function(
        "() => Object.keys(localStorage).every(key => !key.startsWith('moue.unsent.'))"
    )
    found = labels_by_user(root)
    assert [found.get(name) for name in names] == ["pout", "smile", "open"]


def test_two_pages_do_not_overwrite_each_other(open_page, studio, label_page, root):
    address = label_page.url
    other = label_page.context.new_page()
    other.goto(address)
    other.wait_for_selector(SHOWN)
    name = shown(label_page)
    assert shown(other) == name
    label_page.keyboard.press("1")
    settled(label_page)
    other.keyboard.press("4")
    settled(other)
    decided = rows(
        root, "SELECT value FROM decisions WHERE name = ? AND field = 'label' AND by = 'user'", name
    )
    assert decided[0] == ("none",)
    assert labels_by_user(root)[name] == decided[-1][0]


def test_a_second_pass_is_blind_and_finds_a_dispute(label_page, root):
    for _ in range(6):
        label_page.keyboard.press("1")
    settled(label_page)
    go(label_page, "label?mode=pass")
    label_page.get_by_label("Who labels").fill("anna")
    label_page.get_by_label("How many mouths").fill("4")
    label_page.get_by_role("button", name="Start").click()
    label_page.wait_for_selector(SHOWN)
    assert label_page.locator(".probabilities").count() == 0
    assert label_page.locator(".label-list [aria-pressed=true]").count() == 0
    for key in "1112":
        label_page.keyboard.press(key)
    label_page.get_by_role("button", name="Show the agreement").click()
    label_page.get_by_text("κ").first.wait_for()
    label_page.locator(".disputes li").first.wait_for()
    assert rows(root, "SELECT count(*) FROM pass_items WHERE label IS NOT NULL") == [(4,)]


def test_the_guide_keeps_the_words_of_the_person(label_page):
    label_page.get_by_title("Change the text for pout").click()
    label_page.get_by_label("What belongs to this label").fill("Lips like a duck.")
    label_page.get_by_role("button", name="Save").click()
    label_page.get_by_text("Lips like a duck.").wait_for()
    label_page.reload()
    label_page.get_by_text("Lips like a duck.").wait_for()


def test_the_order_of_collection_can_be_chosen(page, root):
    go(page, "label?which=all")
    page.wait_for_selector(SHOWN)
    page.get_by_label("Order", exact=True).select_option(label="Order of collection")
    first = rows(
        root,
        "SELECT m.name FROM mouths m JOIN samples s ON s.name = m.sample "
        "WHERE m.dropped IS NULL AND s.dropped IS NULL ORDER BY s.id LIMIT 1",
    )[0][0]
    page.get_by_alt_text(f"Mouth {first}").wait_for()
    page.reload()
    page.wait_for_selector(SHOWN)
    chosen = page.get_by_label("Order", exact=True).locator("option:checked").inner_text()
    assert chosen == "Order of collection"


def test_without_predictions_the_page_offers_to_suggest_labels(page):
    go(page, "label?which=all")
    page.wait_for_selector(SHOWN)
    assert page.locator(".card .probabilities").count() == 0
    page.locator(".no-predictions").get_by_role("button", name="Suggest labels").click()
    page.locator(".card .probabilities").wait_for(timeout=60_000)
    assert page.locator(".no-predictions").count() == 0


def test_a_mouth_that_was_not_predicted_says_so(page, root):
    go(page, "label?which=all&sort=name")
    page.wait_for_selector(SHOWN)
    page.locator(".no-predictions").get_by_role("button", name="Suggest labels").click()
    page.locator(".card .probabilities").wait_for(timeout=60_000)
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        db.execute("DELETE FROM predictions")
    page.reload()
    page.get_by_text("The model has not predicted this mouth yet.").wait_for()
    page.locator(".guess").get_by_role("button", name="Suggest labels").wait_for()


def test_the_header_undoes_and_redoes_also_after_a_reload(label_page, root):
    undo = label_page.get_by_role("button", name="Undo", exact=True)
    redo = label_page.get_by_role("button", name="Redo", exact=True)
    assert undo.is_disabled()
    assert redo.is_disabled()
    name = shown(label_page)
    label_page.keyboard.press("2")
    settled(label_page)
    label_page.reload()
    label_page.wait_for_selector(SHOWN)
    undo.click()
    label_page.get_by_text("Undone: 1 change").wait_for()
    assert labels_by_user(root) == {}
    redo.click()
    label_page.get_by_text("Redone: 1 change").wait_for()
    assert labels_by_user(root) == {name: "pout"}


def test_a_touch_screen_skips_drops_and_undoes(open_page, studio, root):
    narrow = {"width": 390, "height": 844}
    page = open_page(studio.link, viewport=narrow, has_touch=True, is_mobile=True)
    go(page, "label?which=all&sort=name")
    page.wait_for_selector(SHOWN)
    assert page.locator(".card kbd:visible").count() == 0
    first = shown(page)
    page.get_by_role("button", name="Skip").tap()
    second = shown(page)
    assert second != first
    page.get_by_role("button", name="Back").tap()
    assert shown(page) == first
    page.get_by_role("button", name="Drop").tap()
    page.get_by_text("Dropped 1 mouth").wait_for()
    settled(page)
    assert rows(root, "SELECT name FROM mouths WHERE dropped = 'by_hand'") == [(first,)]
    page.locator(".toast").get_by_role("button", name="Undo").tap()
    settled(page)
    assert rows(root, "SELECT name FROM mouths WHERE dropped = 'by_hand'") == []
    assert shown(page) == first


def test_suggestions_come_back_after_an_undo(page, root):
    go(page, "label?mode=suggestions&predicted=smile&least=0")
    page.get_by_role("button", name="Suggest labels").first.click()
    tiles = page.locator(".suggestion-grid [data-name]")
    tiles.first.wait_for(timeout=60_000)
    count = tiles.count()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("No suggestion for these mouths").wait_for()
    settled(page)
    assert len(labels_by_user(root)) == count
    page.get_by_role("button", name="Undo", exact=True).click()
    tiles.first.wait_for()
    assert tiles.count() == count
    assert labels_by_user(root) == {}
