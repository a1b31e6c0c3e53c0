"""The page Explain with files that a person drops: pictures of every kind, and damaged files."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO

import PIL.Image
import pytest

from moue.demo.raw_folder import demo_pictures
from moue.workspace.workspace import Workspace
from studio_pages import DROPS, go, rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def drop(page, name: str, data: bytes, kind: str = "image/jpeg") -> None:
    page.evaluate(DROPS, [name, kind, base64.b64encode(data).decode()])


def face() -> bytes:
    pictures = (one for one in demo_pictures() if one.path.name.startswith("face"))
    return next(one for one in pictures if one.label == "smile").path.read_bytes()


def cmyk() -> bytes:
    """Return the bundled face as a JPEG for printing."""
    file = BytesIO()
    with PIL.Image.open(BytesIO(face())) as image:
        image.convert("CMYK").save(file, "jpeg")
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Return an animation of the bundled face, whose later frames are upside down."""
    file = BytesIO()
    with PIL.Image.open(BytesIO(face())) as image:
        first = image.convert("RGB")
        first.save(file, kind, save_all=True, append_images=[first.rotate(180)] * 2, duration=100)
    return file.getvalue()


def huge_png() -> bytes:
    """Return the header of a PNG of 100,000 x 100,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


REFUSED = {
    "half.jpg": (lambda: face()[: len(face()) // 2], "damaged or truncated", "损坏"),
    "text.jpg": (lambda: b"This is a text file.\n" * 9, "text.jpg is not a picture.", "不是图片"),
    "empty.jpg": (lambda: b"", "the file is empty", "空"),
    "huge.png": (huge_png, "more bytes or pixels than the limit", "上限"),
    "notes.md": (lambda: b"# moue", "notes.md is not a picture.", "不是图片"),
}
"""Content of each file, and what the page says in English and in Chinese."""


@pytest.mark.parametrize(("locale", "language"), [("en-US", 1), ("zh-CN", 2)])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(open_page, studio, locale, language):
    page = open_page(studio.link, locale=locale)
    go(page, "explain")
    for name, case in REFUSED.items():
        drop(page, name, case[0](), "text/markdown" if name.endswith("md") else "image/jpeg")
        alert = page.get_by_role("alert").filter(has_text=name)
        alert.wait_for()
        assert case[language] in alert.inner_text()


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "cmyk.jpg"])
def test_every_kind_of_picture_is_explained_by_its_first_frame(page, name):
    data = {
        "moving.gif": lambda: animated("gif"), "moving.webp": lambda: animated("webp"),
        "cmyk.jpg": cmyk,
    }[name]()  # fmt: skip
    go(page, "explain")
    drop(page, name, data)
    page.wait_for_selector(".changes li", timeout=60_000)
    assert "smile" in page.locator("[aria-label=Prediction]").inner_text()
    assert page.get_by_role("alert").count() == 0


def test_a_picture_without_a_face_is_explained_as_a_mouth_crop(page, root):
    name = rows(root, "SELECT name FROM mouths WHERE label = 'pout' LIMIT 1")[0][0]
    crop = Workspace(root).mouth(name).read_bytes()
    go(page, "explain")
    drop(page, "mouth.png", crop)
    alert = page.get_by_role("alert")
    alert.get_by_text("No face was found in mouth.png").wait_for()
    alert.get_by_role("button", name="Explain it as a mouth crop").click()
    page.wait_for_selector(".changes li", timeout=60_000)
    page.locator(".neighbours .tile a").first.wait_for(timeout=60_000)
