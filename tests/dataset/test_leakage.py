from __future__ import annotations

import json

import pytest

from moue.dataset.leakage import RADIUS, leakage
from rows import add, sample

FAR = [0x0F0F_0F0F_0F0F_0F0F, 0xF0F0_00FF_1234_5678, 0x3333_5555_9999_AAAA, 0x1]


def bits(base, count):
    return base ^ sum(1 << (4 * i + 1) for i in range(count))


@pytest.fixture
def compare(workspace, catalog):
    def compare():
        return leakage(catalog, workspace.reports / "leakage.json")

    return compare


def put(catalog, name, split, phash, **fields):
    add(catalog, sample(name, phash=phash, **fields))
    if split:
        catalog.update_mouth(name, label="smile", split=split)


def test_a_hand_made_case_has_the_right_numbers(compare, catalog, workspace):
    put(catalog, "a", "train", FAR[0], sha256="same", group="a")
    put(catalog, "b", "test", FAR[0], sha256="same", group="a")
    put(catalog, "c", "train", bits(FAR[1], 1), person="anna")
    put(catalog, "d", "val", bits(FAR[1], 5), person="anna")
    put(catalog, "e", "train", FAR[2])
    put(catalog, "f", "train", bits(FAR[2], 1), group="e")
    put(catalog, "g", None, FAR[3], group="a", dropped="near_duplicate")
    found = compare()
    assert (found.straddling, found.same_bytes, found.groups) == (2, 1, 2)
    assert found.alike == (("a", "b", "train", "test", 0), ("c", "d", "train", "val", 4))
    assert 0 <= found.shuffled <= 2
    written = json.loads((workspace.reports / "leakage.json").read_text())
    assert written == json.loads(json.dumps(found.to_dict()))


@pytest.mark.parametrize(("distance", "told"), [(RADIUS, 1), (RADIUS + 1, 0)])
def test_a_near_pair_across_splits_is_found_up_to_the_radius(compare, catalog, distance, told):
    put(catalog, "a", "train", FAR[0])
    put(catalog, "b", "test", bits(FAR[0], distance))
    assert len(compare().alike) == told


def test_near_pictures_in_one_split_are_no_leak(compare, catalog):
    put(catalog, "a", "train", FAR[0])
    put(catalog, "b", "train", bits(FAR[0], 1))
    assert compare().alike == ()


def test_of_very_many_only_the_nearest_are_told(compare, catalog):
    with catalog.transaction():
        for i in range(40):
            put(catalog, f"a{i:02d}", "train", bits(FAR[0], 2))
            put(catalog, f"b{i:02d}", "test", bits(FAR[0], 2 + (i != 7)))
    found = compare().alike
    assert len(found) == 20
    assert {("b07" in pair, {*pair[2:4]} == {"train", "test"}, pair[4]) for pair in found} == {
        (True, True, 0)
    }


def test_a_plain_shuffle_splits_a_large_group_always(compare, catalog):
    with catalog.transaction():
        for i in range(100):
            put(catalog, f"{i:03d}", "train", i << 32, video="one" if i < 60 else None)
    found = compare()
    assert found.groups == 1
    assert found.shuffled == 1.0
    assert found.straddling == 0


def test_single_pictures_cannot_leak(compare, catalog):
    with catalog.transaction():
        for i in range(50):
            put(catalog, f"{i:03d}", "train", i << 32)
    found = compare()
    assert (found.groups, found.shuffled) == (0, 0.0)


def test_an_empty_catalog_shares_nothing(compare):
    found = compare()
    assert (found.straddling, found.same_bytes, found.alike, found.groups) == (0, 0, (), 0)
