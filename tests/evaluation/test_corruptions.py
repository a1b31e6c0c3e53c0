"""Corruptions of mouth crops."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from drawing import drawn
from moue.evaluation.corruptions import CORRUPTIONS, GRAIN, Corruption, corrupt
from moue.face.mouth_crop import crop_moved

BOX = np.array([70, 60, 130, 120], np.float32)
BY_NAME = {kind.name: kind for kind in CORRUPTIONS}


def cut_from(image, box=BOX):
    return partial(crop_moved, image, box)


def picture(seed=0):
    return drawn(seed, height=180, width=200)


def rng():
    return np.random.default_rng(0)


def distance(one, two):
    return float(np.abs(one.astype(int) - two.astype(int)).mean())


@pytest.fixture(params=CORRUPTIONS, ids=lambda kind: kind.name)
def kind(request) -> Corruption:
    return request.param


def test_the_neutral_severity_keeps_every_bit(kind):
    cut = cut_from(picture())
    assert kind.severities.count(kind.neutral) == 1
    assert np.array_equal(kind.crop(cut, kind.neutral, rng()), cut())


def test_other_severities_change_the_crop(kind):
    cut = cut_from(picture())
    for severity in kind.severities:
        crop = kind.crop(cut, severity, rng())
        assert crop.dtype == np.uint8
        assert crop.shape == (crop.shape[0], crop.shape[0], 3)
        if severity != kind.neutral:
            assert crop.shape != cut().shape or not np.array_equal(crop, cut())


@pytest.mark.parametrize(
    "kind", [h for h in CORRUPTIONS if h.name not in ("resolution", "crop scale")]
)
def test_higher_severity_changes_more(kind):
    """Away from the neutral severity, crops of the same size differ more and more."""
    cut, middle = cut_from(picture()), kind.severities.index(kind.neutral)
    away = [distance(kind.crop(cut, s, rng()), cut()) for s in kind.severities]
    assert away[middle:] == sorted(away[middle:])
    assert away[: middle + 1] == sorted(away[: middle + 1], reverse=True)


@pytest.mark.parametrize("name", ["blur", "JPEG", "resolution", "crop scale", "crop shift", "roll"])
def test_a_picture_of_one_colour_stays_the_same(name):
    flat = np.full((180, 200, 3), (200, 120, 90), np.uint8)
    for severity in BY_NAME[name].severities:
        crop = BY_NAME[name].crop(cut_from(flat), severity, rng())
        assert np.ptp(crop, axis=(0, 1)).max() == 0
        if name != "JPEG":  # which rounds colours
            assert crop[0, 0].tolist() == [200, 120, 90]


def test_brightness_adds_and_stays_in_range():
    cut, bright = cut_from(picture()), BY_NAME["brightness"]
    expected = np.clip(cut().astype(int) + 60, 0, 255)
    assert np.array_equal(bright.crop(cut, 60, rng()), expected)


def test_contrast_keeps_the_mean():
    low = BY_NAME["contrast"].crop(cut_from(picture()), 0.25, rng())
    whole = cut_from(picture())()
    assert low.mean(axis=(0, 1)) == pytest.approx(whole.mean(axis=(0, 1)), abs=0.6)
    assert low.std() < 0.5 * whole.std()


def test_full_grey_has_equal_channels():
    crop = BY_NAME["grey"].crop(cut_from(picture()), 100, rng())
    assert np.ptp(crop.astype(int), axis=2).max() == 0
    assert np.ptp(cut_from(picture())().astype(int), axis=2).max() > 0


def test_noise_has_its_sigma():
    flat = cut_from(np.full((180, 200, 3), 128, np.uint8))
    crop = BY_NAME["noise"].crop(flat, 20, rng())
    assert crop.astype(float).std() == pytest.approx(20, rel=0.03)
    assert crop.mean() == pytest.approx(128, abs=1)


def test_resolution_is_the_side_and_never_enlarges():
    small = cut_from(picture(), np.array([0, 0, 20, 20], np.float32))
    assert BY_NAME["resolution"].crop(cut_from(picture()), 12, rng()).shape == (12, 12, 3)
    assert np.array_equal(BY_NAME["resolution"].crop(small, 24, rng()), small())


def test_noise_and_jpeg_reduce_large_crops_first():
    large = cut_from(drawn(0, 400, 400), np.array([50, 50, 350, 350], np.float32))
    for name in ("noise", "JPEG"):
        assert BY_NAME[name].crop(large, 5, rng()).shape == (GRAIN, GRAIN, 3)


def test_a_shift_has_its_length_and_a_random_direction():
    rows, columns = np.mgrid[:180, :200]
    image = np.dstack([rows, columns, rows]).astype(np.uint8)
    moves = []
    for seed in range(8):
        crop = BY_NAME["crop shift"].crop(cut_from(image), 30, np.random.default_rng(seed))
        y, x = crop[0, 0, :2].astype(int) - (60, 70)
        moves.append((x, y))
        assert np.hypot(x, y) == pytest.approx(0.3 * 60, abs=1)
    assert len(set(moves)) > 4


def test_seed_and_number_determine_the_bits():
    cut = cut_from(picture())
    first, again, other = corrupt(cut, 3, 1), corrupt(cut, 3, 1), corrupt(cut, 3, 2)
    pairs = list(zip(CORRUPTIONS, first, again, other, strict=True))
    assert all(np.array_equal(a, b) for _, x, y, _ in pairs for a, b in zip(x, y, strict=True))
    chance = {h.name for h, x, _, z in pairs if not all(map(np.array_equal, x, z))}
    assert chance == {"noise", "crop shift"}
