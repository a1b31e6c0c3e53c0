from __future__ import annotations

import numpy as np
import pytest

from drawing import drawn
from moue.dataset import contact_sheets
from moue.dataset.contact_sheets import PER_PAGE, draw_clean_sheets
from moue.files import write_bytes
from moue.media.image import encode_jpeg, read_image
from rows import add, context, face, sample


@pytest.fixture
def draw(workspace, catalog):
    def draw(**verdicts):
        reasons = sorted(set(verdicts.values()))
        return draw_clean_sheets(
            context(workspace, catalog), reasons, lambda one: verdicts.get(one.name)
        )

    return draw


def test_each_drop_reason_and_the_kept_have_pages(draw, workspace, catalog):
    add(catalog, *(sample(n, faces=(face(), face(90))) for n in "abcd"))
    pages = draw(a="dark", b="blurry", c="dark")
    assert [p.relative_to(workspace.reports).as_posix() for p in pages] == [
        "clean/dropped-blurry-01.jpg", "clean/dropped-dark-01.jpg", "clean/kept-01.jpg",
    ]  # fmt: skip
    assert all(min(read_image(p).shape[:2]) > 200 for p in pages)


def test_old_pages_are_removed(draw, workspace, catalog):
    add(catalog, sample("a"), sample("b"))
    draw(a="dark", b="blurry")
    pages = draw(a="blurry")
    assert sorted((workspace.reports / "clean").iterdir()) == sorted(pages)


def test_many_pictures_are_on_several_pages(draw, catalog):
    add(catalog, *(sample(f"{i:03d}") for i in range(PER_PAGE + 1)))
    assert [p.name for p in draw()] == ["kept-01.jpg", "kept-02.jpg"]


def test_the_number_of_pages_is_limited(draw, catalog, monkeypatch):
    monkeypatch.setattr(contact_sheets, "PER_PAGE", 2)
    monkeypatch.setattr(contact_sheets, "MAX_PAGES", 3)
    add(catalog, *(sample(f"{i:03d}") for i in range(20)))
    assert len(draw()) == 3
    assert len(draw(**{f"{i:03d}": "dark" for i in range(20)})) == 3


def test_drops_of_other_stages_are_not_shown(draw, catalog):
    add(catalog, sample("a", dropped="by_hand", decided_by="user"))
    assert draw() == []


def test_a_picture_on_a_sheet_has_its_faces_drawn(draw, workspace, catalog):
    plain = np.full((200, 300, 3), 90, np.uint8)
    write_bytes(workspace.image("a"), encode_jpeg(plain))
    add(catalog, sample("a", faces=(face(50, 50, 100), face(180, 50, 100))))
    (page,) = draw()
    with_faces = read_image(page)
    catalog.update_sample("a", faces=())
    (page,) = draw()
    assert (np.abs(with_faces.astype(int) - read_image(page)).max(2) > 40).sum() > 300


def test_a_missing_picture_does_not_stop_the_sheet(draw, workspace, catalog):
    write_bytes(workspace.image("a"), encode_jpeg(drawn()))
    write_bytes(workspace.image("b"), b"broken")
    add(catalog, *(sample(n) for n in "abc"))
    assert len(draw()) == 1
