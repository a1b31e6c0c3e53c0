from __future__ import annotations

import cv2
import numpy as np
import pytest

import rows
from moue.dataset.forget import forget
from moue.dataset.forget_selection import ForgetSelection
from moue.dataset.thumbnails import cached_thumbnail, forget_thumbnails, make_thumbnail
from moue.errors import ImageError
from moue.media.image import encode_jpeg, encode_png, read_reduced


@pytest.fixture
def crop(tmp_path):
    """A crop of 300 px with a red top half and a blue bottom half."""
    image = np.zeros((300, 300, 3), np.uint8)
    image[:150, :, 0], image[150:, :, 2] = 250, 250
    path = tmp_path / "crop.png"
    path.write_bytes(encode_png(image))
    return path


def pixels(data):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), 4)


def test_a_thumbnail_is_a_small_webp_with_the_colours_of_its_picture(workspace, crop):
    image = pixels(make_thumbnail(workspace, "mouths", "anna", "ab" * 32, 96, crop))
    assert image.shape == (96, 96, 3)
    assert image[10, 48].argmax() == 0
    assert image[80, 48].argmax() == 2


def test_a_small_picture_is_not_enlarged(workspace, tmp_path):
    path = tmp_path / "small.png"
    path.write_bytes(encode_png(np.full((20, 40, 3), 99, np.uint8)))
    assert pixels(make_thumbnail(workspace, "mouths", "a", "ab", 96, path)).shape == (20, 40, 3)


def test_a_thumbnail_is_cached_for_one_version_and_size(workspace, crop):
    made = make_thumbnail(workspace, "mouths", "名字", "ab" * 32, 96, crop)
    assert cached_thumbnail(workspace, "mouths", "名字", "ab" * 32, 96) == made
    for kind, name, version, side in (
        ("pictures", "名字", "ab" * 32, 96), ("mouths", "other", "ab" * 32, 96),
        ("mouths", "名字", "cd" * 32, 96), ("mouths", "名字", "ab" * 32, 192),
    ):  # fmt: skip
        assert cached_thumbnail(workspace, kind, name, version, side) is None


def test_a_truncated_cache_file_is_not_used(workspace, crop):
    make_thumbnail(workspace, "mouths", "anna", "ab", 96, crop)
    (path,) = workspace.studio.rglob("*.webp")
    path.write_bytes(path.read_bytes()[:-1])
    assert cached_thumbnail(workspace, "mouths", "anna", "ab", 96) is None


def test_thumbnails_are_made_where_no_cache_can_be_written(workspace, crop):
    workspace.studio.write_text("a file")
    assert make_thumbnail(workspace, "mouths", "anna", "ab", 96, crop)


def test_a_damaged_picture_is_an_image_error(workspace, tmp_path):
    path = tmp_path / "bad.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    with pytest.raises(ImageError):
        make_thumbnail(workspace, "mouths", "anna", "ab", 96, path)


def test_only_the_thumbnails_of_the_named_pictures_are_deleted(workspace, crop):
    for name in ("anna", "anna-2", "ann"):
        make_thumbnail(workspace, "mouths", name, "ab", 96, crop)
        make_thumbnail(workspace, "mouths", name, "cd", 192, crop)
    assert forget_thumbnails(workspace, "mouths", ["anna", "nobody"]) == 2
    assert cached_thumbnail(workspace, "mouths", "anna", "ab", 96) is None
    assert cached_thumbnail(workspace, "mouths", "anna-2", "ab", 96)


def test_forget_deletes_the_thumbnails_of_a_picture(workspace, catalog, crop):
    rows.add(catalog, rows.sample("anna"))
    for kind in ("mouths", "pictures"):
        make_thumbnail(workspace, kind, "anna", "ab", 96, crop)
    chosen = ForgetSelection(samples=[catalog.sample("anna")])
    forget(rows.context(workspace, catalog), chosen, "test")
    assert list(workspace.studio.rglob("*.webp")) == []


def test_a_large_jpeg_is_reduced_while_it_is_decoded(tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(encode_jpeg(np.full((600, 1000, 3), 90, np.uint8)))
    assert max(read_reduced(path, 192).shape) == 250
    assert read_reduced(path, 600).shape == (600, 1000, 3)
