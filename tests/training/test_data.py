from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from moue.errors import DataError, ImageError
from moue.mapped_array import mapped_zeros
from moue.media.image import read_image
from moue.training.data import check_sets, count_labels, load_crops
from moue.training.recipes import FAST
from moue.workspace.types import LABELS

SPEC = FAST.spec(LABELS)


def test_crops_are_read_in_order_through_the_spec(mouth_sets):
    train, _ = mouth_sets
    crops = load_crops(train, SPEC)
    assert crops.pixels.shape == (len(train), 48, 48, 3)
    assert crops.pixels.dtype == torch.uint8
    assert crops.targets.tolist() == [LABELS.index(example.label) for example in train]
    last = SPEC.pixels(read_image(train[-1].file))
    assert (crops.pixels[-1].numpy() == last).all()


def test_the_number_of_threads_changes_no_pixel(mouth_sets):
    one, two = (load_crops(mouth_sets[0], SPEC, threads) for threads in (1, 2))
    assert torch.equal(one.pixels, two.pixels)


def test_crops_in_a_file_are_the_same_and_leave_no_file(mouth_sets, tmp_path):
    stored = load_crops(mouth_sets[0], SPEC, folder=tmp_path)
    assert stored.on_disk
    assert torch.equal(stored.pixels, load_crops(mouth_sets[0], SPEC).pixels)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_too_small_is_named(tmp_path):
    with pytest.raises(DataError, match=r"GB on this disk, but .* are free"):
        mapped_zeros((1 << 62,), np.uint8, tmp_path, "the mouth crops")


def test_an_unknown_label_is_named(mouth_sets):
    odd = dataclasses.replace(mouth_sets[0][0], name="x7", label="smlie")
    with pytest.raises(DataError, match="x7: label 'smlie' is not one of none, pout"):
        load_crops([odd], SPEC)


def test_an_unreadable_picture_is_named(mouth_sets, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    broken = dataclasses.replace(mouth_sets[0][0], file=tmp_path / "broken.png")
    with pytest.raises(ImageError, match=r"broken\.png"):
        load_crops([broken], SPEC)


def test_a_missing_picture_is_named(mouth_sets, tmp_path):
    gone = dataclasses.replace(mouth_sets[0][0], file=tmp_path / "gone.png")
    with pytest.raises(ImageError, match=r"gone\.png: No such file"):
        load_crops([gone], SPEC)


def test_a_label_without_training_pictures_is_named(mouth_sets):
    train = [example for example in mouth_sets[0] if example.label not in ("pout", "open")]
    with pytest.raises(DataError, match="labelled pout or open"):
        check_sets(train, mouth_sets[1], LABELS)


def test_an_empty_validation_set_is_an_error(mouth_sets):
    with pytest.raises(DataError, match="validation set is empty"):
        check_sets(mouth_sets[0], [], LABELS)


def test_labels_are_counted_in_their_order(mouth_sets):
    assert count_labels(mouth_sets[1], LABELS) == dict.fromkeys(LABELS, 6)
