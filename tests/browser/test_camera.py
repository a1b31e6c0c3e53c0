"""The live camera of the page Try: what it draws and captures, and what it says when it fails."""

from __future__ import annotations

import pytest

from studio_pages import go, rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXTS = {
    "insecure": ("The camera needs a secure address", "摄像头需要安全的地址"),
    "refused": ("The browser refused the camera", "浏览器拒绝了摄像头"),
    "missing": ("No camera was found", "没有找到摄像头"),
    "busy": ("Another program uses the camera", "摄像头正被其他程序使用"),
    "unplugged": ("The camera was disconnected", "摄像头已断开"),
    "unsuitable": ("The chosen camera is not available", "所选摄像头不可用"),
}
"""Title of each failure in English and Chinese."""
THROWS = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "%s") };
"""
FAILURES = {
    "insecure": "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })",
    "refused": THROWS % "NotAllowedError",
    "missing": THROWS % "NotFoundError",
    "busy": THROWS % "NotReadableError",
    "unsuitable": THROWS % "OverconstrainedError",
}
"""Script that makes the browser fail in one way."""
KEEPS_STREAM = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await open(wish));
"""
HIDES = """
Object.defineProperty(document, "hidden", { get: () => window.isHidden === true });
window.hide = (hidden) => {
  window.isHidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


@pytest.fixture
def open_camera(camera_browser, studio):
    """A function that opens the page Try with a running camera."""
    contexts = []

    def opened(*scripts, wait=".stage.camera canvas:not(.idle)", **options):
        # The link opens the page once; later contexts take over the cookie.
        cookie = {"storage_state": contexts[0].storage_state()} if contexts else {}
        context = camera_browser.new_context(**{"locale": "en-US"} | cookie | options)
        contexts.append(context)
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(studio.address if cookie else studio.link)
        page.wait_for_selector("main > *")
        go(page, "try?camera=on")
        page.wait_for_selector(wait)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("locale", "language"), [("en-US", 0), ("zh-CN", 1)])
def test_each_failure_has_its_own_message(open_camera, locale, language):
    shown = {}
    for fault, script in FAILURES.items():
        page = open_camera(script, wait="[role=alert]", locale=locale)
        shown[fault] = page.inner_text("[role=alert] h2")
        assert page.inner_text("[role=alert] p")
    assert shown == {fault: TEXTS[fault][language] for fault in FAILURES}


def test_a_browser_without_a_camera_says_so(open_page, studio):
    page = open_page(studio.link, permissions=["camera"])
    go(page, "try?camera=on")
    page.wait_for_selector("[role=alert]")
    assert page.inner_text("[role=alert] h2") == TEXTS["missing"][0]


@pytest.mark.parametrize(("locale", "language"), [("en-US", 0), ("zh-CN", 1)])
def test_an_unplugged_camera_can_be_started_again(open_camera, locale, language):
    page = open_camera(KEEPS_STREAM, locale=locale)
    page.evaluate("window.stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    assert page.inner_text("[role=alert] h2") == TEXTS["unplugged"][language]
    page.click("[role=alert] button")
    page.wait_for_selector(".stage.camera canvas:not(.idle)")


def test_the_camera_stops_while_the_page_is_hidden(open_camera):
    page = open_camera(KEEPS_STREAM, HIDES)
    page.evaluate("window.hide(true)")
    page.wait_for_selector(".stage-note")
    tracks = "window.stream.getVideoTracks().map((track) => track.readyState)"
    assert page.evaluate(tracks) == ["ended"]
    page.evaluate("window.hide(false)")
    page.wait_for_selector(".stage.camera canvas:not(.idle)")
    assert page.evaluate(tracks) == ["live"]


def test_the_camera_stops_with_its_button(open_camera):
    page = open_camera(KEEPS_STREAM)
    page.keyboard.press("c")
    page.wait_for_selector(".drop-zone")
    assert not page.evaluate("window.stream.active")


def test_the_page_draws_frames_with_faces(open_camera):
    page = open_camera()
    page.wait_for_selector(".live-face .probabilities")
    page.wait_for_selector(".live-timeline .timeline-row")
    assert float(page.inner_text("[data-live=fps]")) > 0
    pixels = """() => {
      const canvas = document.querySelector(".stage.camera canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [canvas.width, canvas.height, new Set(data).size];
    }"""
    width, height, values = page.evaluate(pixels)
    assert (width, height) == (640, 480)
    assert values > 100  # not one colour


def test_a_held_key_captures_frames_of_one_sitting_into_a_label(open_camera, root):
    page = open_camera()
    before = {name for (name,) in rows(root, "SELECT name FROM mouths")}
    page.keyboard.down("3")
    page.wait_for_selector(".capture-strip img >> nth=2")
    page.keyboard.up("3")
    page.wait_for_selector(".capture[aria-busy=false]")
    found = rows(root, "SELECT m.name, m.label, m.label_by, s.video FROM mouths m, samples s "
                       "WHERE s.name = m.sample")  # fmt: skip
    new = [row for row in found if row[0] not in before]
    assert len(new) >= 3
    assert {row[1:3] for row in new} == {("smile", "user")}
    assert len({row[3] for row in new}) == 1
    page.keyboard.press("u")
    page.wait_for_selector(".capture-strip img", state="detached")
    dropped = dict(rows(root, "SELECT name, dropped FROM samples WHERE video IS NOT NULL"))
    assert set(dropped.values()) == {"by_hand"}
