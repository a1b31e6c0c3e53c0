"""Every page by keyboard alone: the Tab key reaches each control and shows where it is."""

from __future__ import annotations

import pytest

from moue.demo.raw_folder import demo_pictures
from studio_pages import PAGES, go, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_STOPS = 250
HEADER_STOPS = 12
"""Least number of controls in the bar above every page."""
PREPARE = """() => {
  const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
  document.activeElement.blur();
  window.stops = [...document.querySelectorAll(controls)].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0);
  return stops.filter((one) => one.tabIndex > 0).length;
}"""
STOP = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const rings = [element, ...element.querySelectorAll("*"), element.parentElement].map((one) => {
    const look = getComputedStyle(one);
    return (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2)
      || look.boxShadow !== "none";
  });
  const middle = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 40)];
  const top = document.elementFromPoint(...middle);
  const name = (element.getAttribute("aria-label") || element.textContent.trim()
    || element.id).slice(0, 60);
  const first = !element.dataset.tabbed;
  element.dataset.tabbed = "1";
  return {
    name: `${element.tagName.toLowerCase()} ${name}`, first, ring: rings.some(Boolean),
    seen: style.pointerEvents === "none" || Boolean(top && (element.contains(top)
      || top.contains(element) || top.closest("label")?.contains(element))),
  };
}"""
MISSED = """() => stops.filter((one) => one.isConnected && !one.dataset.tabbed
  && one.checkVisibility() && one.tabIndex >= 0 && !(one.type === "radio" && !one.checked))
  .map((one) => `${one.tagName.toLowerCase()} ${one.getAttribute("aria-label")
    || one.textContent.trim().slice(0, 60) || one.id}`)"""


def walk(page) -> dict[str, list[str]]:
    """Press Tab through the whole page; return its faults."""
    faults = {"tabindex above 0": ["some"] * page.evaluate(PREPARE)}
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or not stop["first"]:
            break
        stops.append(stop)
        assert stop["name"].strip(), "a control without a name"
    else:
        faults["no end"] = [stops[-1]["name"]]
    assert len(stops) > HEADER_STOPS
    faults["no focus ring"] = [one["name"] for one in stops if not one["ring"]]
    faults["covered"] = [one["name"] for one in stops if not one["seen"]]
    faults["not reached"] = page.evaluate(MISSED)
    return {fault: names for fault, names in faults.items() if names}


@pytest.fixture
def page(open_page, trained_studio):
    return open_page(trained_studio.link)


@pytest.fixture
def root(trained_studio):
    return trained_studio.root


def focused(page) -> str:
    return page.evaluate(
        "() => document.activeElement.getAttribute('aria-label')"
        " || document.activeElement.textContent.trim()"
    )


def tab_to(page, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if name in focused(page):
            return
    raise AssertionError(f"Tab does not reach {name}")


@pytest.mark.parametrize("name", PAGES)
def test_tab_reaches_each_control_of_a_page(page, name):
    go(page, name)
    page.wait_for_timeout(700)  # until the lists of the page are filled
    assert walk(page) == {}


def test_tab_reaches_each_control_of_an_explanation(page, root):
    name = rows(root, "SELECT name FROM mouths WHERE dropped IS NULL LIMIT 1")[0][0]
    go(page, f"explain/{name}")
    page.wait_for_selector(".neighbours .tile a")
    assert walk(page) == {}
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Choose a mouth").wait_for()


@pytest.mark.parametrize(
    ("address", "button"),
    [("overview", "Add pictures"), ("overview", "Keys"), ("label?which=all", "Label names"),
     ("label?which=all", "Edit")],
)  # fmt: skip
def test_escape_closes_a_dialog_and_gives_the_focus_back(page, address, button):
    go(page, address)
    page.get_by_role("button", name=button).first.wait_for()
    tab_to(page, button)
    before = focused(page)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    for _ in range(40):  # the focus stays in the dialog, or goes to the frame of the browser
        page.keyboard.press("Tab")
        inside = "() => document.activeElement === document.body"
        inside += " || Boolean(document.activeElement.closest('dialog'))"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_selector("button:focus")  # the focus follows a moment later
    assert focused(page) == before


def test_overview_a_setting_is_changed_and_a_step_started(page):
    go(page, "overview")
    tab_to(page, "Threshold of Sharpness")
    page.keyboard.press("End")
    page.get_by_text("would be dropped").wait_for()
    tab_to(page, "Save and clean")
    page.keyboard.press("Enter")
    page.locator(".job-panel").wait_for()
    page.locator(".job-panel").wait_for(state="hidden", timeout=60_000)


def test_pictures_a_filter_is_set_and_a_picture_dropped(page, root):
    go(page, "pictures?dropped=no&sort=name")
    page.wait_for_selector(".grid-cell img")
    tab_to(page, "Mouths")
    page.keyboard.press("Space")
    page.wait_for_selector(".grid-cell .label-badge")
    page.keyboard.press("/")
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    assert "text=a" in page.url
    page.wait_for_selector(".grid-cell img")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('.grid-cell')"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    view = page.get_by_role("dialog")
    view.wait_for()
    name = view.locator("h2").first.text_content()
    page.keyboard.press("x")
    settled(page)
    page.keyboard.press("Escape")
    view.wait_for(state="hidden")
    page.wait_for_selector(".grid-cell:focus")
    assert rows(root, "SELECT dropped FROM mouths WHERE name = ?", name) == [("by_hand",)]


def test_label_another_order_is_chosen_and_suggestions_confirmed(page, root):
    go(page, "label?mode=suggestions&predicted=none&least=0")
    page.wait_for_selector(".suggestion-grid [data-name]")
    first = page.locator(".suggestion-grid [data-name]").first.get_attribute("data-name")
    count = page.locator(".suggestion-grid [data-name]").count()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.name") == first:
            break
    page.keyboard.press("Space")  # left out
    page.keyboard.press("Shift+Enter")
    settled(page)
    labelled = rows(root, "SELECT count(*) FROM mouths WHERE label_by = 'user'")
    assert labelled == [(count - 1,)]


def test_duplicates_a_cluster_is_decided(page, root):
    go(page, "duplicates")
    page.wait_for_selector(".cluster")
    page.keyboard.press("ArrowDown")
    names = page.locator(".cluster.current .cluster-item button").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label').split(':')[0])"
    )
    page.keyboard.press("k")
    settled(page)
    kept = [rows(root, "SELECT dropped FROM samples WHERE name = ?", name)[0][0] for name in names]
    assert kept[0] is None
    assert all(kept[1:])


def test_train_a_recipe_is_chosen_with_the_arrows_and_two_runs_compared(page):
    go(page, "train")
    page.wait_for_selector(".runs-table tbody tr >> nth=1")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.type") == "radio":
            break
    before = page.evaluate("() => document.activeElement.value")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.value") != before
    tab_to(page, "Compare 002")
    page.keyboard.press("Space")
    tab_to(page, "Compare 001")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    for _ in range(MOST_STOPS):
        if page.evaluate("() => document.activeElement.matches('.runs header a')"):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Comparison").or_(page.locator(".compare")).first.wait_for()
    assert "b=00" in page.url


def test_results_the_arrows_move_in_the_confusion_matrix(page):
    go(page, "results")
    page.wait_for_selector(".confusion .cell")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('.confusion .cell')"):
            break
    place = page.evaluate("() => document.activeElement.dataset.cell")
    page.keyboard.press("ArrowUp" if place.startswith("3") else "ArrowDown")
    moved = page.evaluate("() => document.activeElement.dataset.cell")
    assert moved != place
    page.keyboard.press("Enter")
    assert "predicted=" in page.url
    assert page.evaluate("() => document.activeElement.dataset.cell") == moved


def test_try_a_file_is_chosen_and_left(page):
    page.on("filechooser", lambda _: None)  # before the key, so that no dialog opens
    go(page, "try")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("o")
    picture = next(one for one in demo_pictures() if one.path.name.startswith("face"))
    chooser.value.set_files(picture.path)
    page.wait_for_selector(".face-card")
    assert walk(page) == {}
