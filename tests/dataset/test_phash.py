from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drawing import drawn
from moue.dataset.near_hashes import make_plan, near_pairs
from moue.dataset.phash import HASH_SIDE, phash
from moue.engine import LocalEngine
from moue.media.image import Picture, encode_jpeg


def hashed(image):
    return phash(Picture.from_array(np.ascontiguousarray(image)).grey(HASH_SIDE))


def apart(a, b):
    return (a ^ b).bit_count()


def recoded(image, format, quality):
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, format, quality=quality)
    return Picture(buffer.getvalue()).rgb()


def resized(image, width, height):
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


CHANGES = {
    "jpeg 40": (lambda im: recoded(im, "JPEG", 40), 4),
    "webp 40": (lambda im: recoded(im, "WEBP", 40), 4),
    "half": (lambda im: resized(im, 200, 150), 4),
    "another shape": (lambda im: resized(im, 300, 310), 4),
    "brighter": (lambda im: np.clip(im * 0.7 + 60, 0, 255).astype(np.uint8), 4),
    "darker": (lambda im: (im * 0.4).astype(np.uint8), 6),
    "blurred": (lambda im: cv2.GaussianBlur(im, (0, 0), 3), 4),
    "grey": (lambda im: np.repeat(cv2.cvtColor(im, cv2.COLOR_RGB2GRAY)[..., None], 3, 2), 2),
}


@pytest.mark.parametrize(("change", "bits"), CHANGES.values(), ids=CHANGES)
def test_similar_pictures_differ_in_few_bits(change, bits):
    distances = []
    for seed in range(8):
        image = drawn(seed, 300, 400)
        distances.append(apart(hashed(image), hashed(change(image))))
    assert max(distances) <= bits


def test_different_pictures_differ_in_many_bits():
    hashes = [hashed(drawn(seed, 150, 200)) for seed in range(30)]
    distances = [apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > 12
    assert np.mean(distances) == pytest.approx(31.5, abs=2)


def test_a_reduced_jpeg_has_the_hash_of_the_full_one():
    image = drawn(5, 1080, 1920)
    data = encode_jpeg(image, 90)
    assert Picture(data).grey(HASH_SIDE).shape == (135, 240)
    assert apart(phash(Picture(data).grey(HASH_SIDE)), hashed(image)) <= 2


def test_a_hash_is_64_bits_of_a_picture_of_any_size():
    for size in ((1, 1), (3, 500), (64, 64)):
        assert 0 <= hashed(drawn(1, *size)) < 1 << 64


def brute(hashes, radius):
    return {
        (i, j): apart(a, b)
        for j, b in enumerate(hashes)
        for i, a in enumerate(hashes[:j])
        if apart(a, b) <= radius
    }


def found(hashes, radius):
    pairs = {}
    for first, second, distance in near_pairs(np.array(hashes, np.uint64), radius):
        assert (first < second).all()
        assert not pairs.keys() & set(zip(first.tolist(), second.tolist(), strict=True))
        pairs |= dict(zip(zip(first.tolist(), second.tolist(), strict=True), distance.tolist(),
                          strict=True))  # fmt: skip
    return pairs


@st.composite
def clouds(draw):
    """A few hashes and many that lie near them, so that every distance occurs."""
    centres = draw(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=3))
    flips = st.lists(st.integers(0, 63), max_size=14)
    cloud = [c ^ sum(1 << b for b in set(draw(flips))) for c in centres for _ in range(8)]
    return draw(st.permutations(cloud))


@settings(max_examples=40)
@given(clouds(), st.integers(0, 12))
@example([], 6)
@example([7], 0)
@example([0, (1 << 64) - 1], 12)
@example([1 << 63, 0, 1 << 63], 1)
def test_exactly_the_near_pairs_are_found(hashes, radius):
    assert found(hashes, radius) == brute(hashes, radius)


@pytest.mark.parametrize("radius", range(17))
def test_worst_case_bit_flips_are_found_at_every_radius(radius):
    rng = np.random.default_rng(radius)
    hashes = []
    for _ in range(20):
        base = int(rng.integers(0, 1 << 63))
        spread = np.linspace(0, 63, radius, dtype=int) if radius else []
        hashes += [base, base ^ sum(1 << int(b) for b in spread)]
    assert all((2 * i, 2 * i + 1) in found(hashes, radius) for i in range(20))


def test_equal_hashes_are_all_pairs():
    assert len(found([42] * 300, 0)) == 300 * 299 // 2
    assert set(found([42] * 50, 6).values()) == {0}


def test_twenty_thousand_planted_pairs_are_all_found():
    rng = np.random.default_rng(1)
    base = rng.integers(0, 1 << 63, 20_000, dtype=np.uint64)
    near = base.copy()
    for _ in range(6):
        near ^= np.uint64(1) << rng.integers(0, 64, len(base), dtype=np.uint64)
    hashes = np.concatenate([base, near])
    seen = np.zeros(len(base), bool)
    others = set()
    for first, second, distance in near_pairs(hashes, 6):
        assert (np.bitwise_count(hashes[first] ^ hashes[second]) == distance).all()
        planted = second == first + len(base)
        seen[first[planted]] = True
        others |= set(first[~planted].tolist())
    assert seen.all()
    assert len(others) < 10


@pytest.mark.parametrize("shared", [1, 2, 3, 4, 5])
def test_every_number_of_shared_pieces_finds_the_same_pairs(shared, monkeypatch):
    rng = np.random.default_rng(2)
    hashes = rng.integers(0, 1 << 63, 300, dtype=np.uint64)
    hashes[150:] = hashes[:150] ^ (np.uint64(1) << rng.integers(0, 64, 150, dtype=np.uint64))
    hashes[200:250] ^= np.uint64(0b1011)
    monkeypatch.setattr("moue.dataset.near_hashes._SHARED", (shared,))
    assert make_plan(hashes, 4).shared == shared
    assert found(hashes, 4) == brute(hashes.tolist(), 4)


def test_more_hashes_get_longer_keys():
    rng = np.random.default_rng(3)
    chosen = [
        make_plan(rng.integers(0, 1 << 63, count, dtype=np.uint64), 6).shared
        for count in (100, 50_000, 2_000_000)
    ]
    assert chosen == sorted(chosen)
    assert chosen[0] < chosen[-1]


def test_worker_processes_yield_the_same_pairs_in_the_same_order(monkeypatch):
    rng = np.random.default_rng(4)
    hashes = rng.integers(0, 1 << 63, 4000, dtype=np.uint64)
    hashes[2000:] = hashes[:2000] ^ np.uint64(0b101)
    monkeypatch.setattr("moue.dataset.near_hashes._SHARED", (3,))
    expected = [np.concatenate(column) for column in zip(*near_pairs(hashes, 6), strict=True)]
    monkeypatch.setattr("moue.dataset.near_hashes._MIN_PARALLEL", 0)
    got = zip(*near_pairs(hashes, 6, LocalEngine(2)), strict=True)
    assert all((np.concatenate(column) == expected[i]).all() for i, column in enumerate(got))
