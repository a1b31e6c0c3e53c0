"""The page Try: pictures that a person drops, pastes or chooses."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from moue.demo.raw_folder import demo_pictures
from moue.media.video import write_video
from studio_pages import DROPS, go

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASTES = """([name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const options = { clipboardData: transfer, bubbles: true };
  document.body.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def face(label: str) -> bytes:
    """Return the bytes of a bundled face."""
    pictures = (one for one in demo_pictures() if one.path.name.startswith("face"))
    return next(one for one in pictures if one.label == label).path.read_bytes()


def as_tiff(data: bytes) -> bytes:
    """Return a picture in a format that Chromium does not show."""
    file = BytesIO()
    with PIL.Image.open(BytesIO(data)) as image:
        image.save(file, "tiff")
    return file.getvalue()


def packed(name: str, kind: str, data: bytes) -> list[str]:
    return [name, kind, base64.b64encode(data).decode()]


def test_a_dropped_picture_is_predicted(page):
    go(page, "try")
    page.evaluate(DROPS, packed("smile.jpg", "image/jpeg", face("smile")))
    page.wait_for_selector(".face-card")
    assert "smile" in page.inner_text(".face-card h3")
    assert page.inner_text(".file-name").startswith("smile.jpg")
    assert "smile" in page.get_attribute(".stage canvas", "aria-label")


def test_a_pasted_picture_is_predicted(page):
    go(page, "try")
    page.evaluate(PASTES, packed("open.jpg", "image/jpeg", face("open")))
    page.wait_for_selector(".face-card")
    assert "open" in page.inner_text(".face-card h3")


def test_chosen_files_form_a_strip_in_which_the_arrows_move(page):
    go(page, "try")
    files = [
        {"name": f"{label}.tif", "mimeType": "image/tiff", "buffer": as_tiff(face(label))}
        for label in ("none", "open")
    ]
    page.set_input_files("input[type=file]", files)
    page.wait_for_selector(".face-card >> text=none")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".face-card >> text=open")
    assert page.inner_text(".file-name").startswith("open.tif")


def test_a_video_is_predicted_frame_by_frame(page, tmp_path):
    pytest.importorskip("av")
    with PIL.Image.open(BytesIO(face("smile"))) as image:
        frame = np.asarray(image.convert("RGB").resize((320, 320)))
    with write_video(tmp_path / "smile.mp4", 0.1) as add:
        for number in range(20):
            add(frame, number / 10)
    go(page, "try")
    page.set_input_files("input[type=file]", tmp_path / "smile.mp4")
    page.wait_for_selector("[data-video=done]", timeout=60_000)
    assert "smile" in page.get_attribute(".timeline", "aria-label")
    page.click(".timeline svg")  # its middle: a track starts at the second frame of a face
    assert "smile" in page.inner_text(".try-side .live-face strong")
    page.get_by_role("button", name="Close the video").click()
    page.wait_for_selector(".drop-zone")


def test_a_video_that_the_browser_cannot_play_says_so(page):
    go(page, "try")
    page.evaluate(DROPS, packed("broken.mp4", "video/mp4", b"no video at all"))
    page.wait_for_selector("[data-video] [role=alert]")


def test_a_file_that_is_no_picture_says_so(page):
    go(page, "try")
    page.evaluate(DROPS, packed("notes.txt", "image/jpeg", b"no picture at all"))
    page.wait_for_selector(".try-side [role=alert]")
    assert page.inner_text(".try-side h2") == "Not read"
    assert page.locator(".face-card").count() == 0


@pytest.mark.parametrize(
    ("locale", "damaged", "other"),
    [("en-US", "damaged or truncated", "README.md is not a picture or a video."),
     ("zh-CN", "损坏", "README.md 不是图片，也不是视频。")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_explained(open_page, studio, locale, damaged, other):
    page = open_page(studio.link, locale=locale)
    go(page, "try")
    half = face("smile")
    page.evaluate(DROPS, packed("half.jpg", "image/jpeg", half[: len(half) // 2]))
    page.wait_for_selector(".try-side [role=alert]")
    reason = page.inner_text(".try-side [role=alert]")
    assert "half.jpg" in reason
    assert damaged in reason
    page.evaluate(DROPS, packed("README.md", "text/markdown", b"# moue"))
    page.get_by_role("alert").filter(has_text=other).wait_for()
