from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from moue.dataset.leakage import RADIUS, Leakage, leakage_notes, measure_leakage
from moue.workspace import provenance
from moue.workspace.provenance import Origin
from moue.workspace.types import Fingerprint
from rows import add, sample

FAR = [0x0F0F_0F0F_0F0F_0F0F, 0xF0F0_00FF_1234_5678, 0x3333_5555_9999_AAAA, 0x1]


def bits(base, count):
    return base ^ sum(1 << (4 * i + 1) for i in range(count))


@pytest.fixture
def compare(workspace, catalog):
    def compare():
        return measure_leakage(catalog, workspace.reports / "leakage.json")

    return compare


def put(catalog, name, split, phash, **fields):
    add(catalog, sample(name, phash=phash, **fields))
    if split:
        catalog.update_mouth(name, label="smile", split=split)


def test_leakage_matches_a_hand_calculation(compare, catalog, workspace):
    put(catalog, "a", "train", FAR[0], sha256="same", group="a")
    put(catalog, "b", "test", FAR[0], sha256="same", group="a")
    put(catalog, "c", "train", bits(FAR[1], 1), subject="anna")
    put(catalog, "d", "val", bits(FAR[1], 5), subject="anna")
    put(catalog, "e", "train", FAR[2])
    put(catalog, "f", "train", bits(FAR[2], 1), group="e")
    put(catalog, "g", None, FAR[3], group="a", dropped="near_duplicate")
    found = compare()
    assert (found.divided_groups, found.shared_files, found.groups) == (2, 1, 2)
    assert found.nearest_pairs == (("a", "b", "train", "test", 0), ("c", "d", "train", "val", 4))
    assert 0 <= found.shuffle_divided <= 2
    written = json.loads((workspace.reports / "leakage.json").read_text())
    assert written == json.loads(json.dumps(asdict(found)))


@pytest.mark.parametrize(("distance", "told"), [(RADIUS, 1), (RADIUS + 1, 0)])
def test_a_near_pair_across_splits_is_found_up_to_the_radius(compare, catalog, distance, told):
    put(catalog, "a", "train", FAR[0])
    put(catalog, "b", "test", bits(FAR[0], distance))
    assert len(compare().nearest_pairs) == told


def test_near_pairs_within_a_split_are_no_leakage(compare, catalog):
    put(catalog, "a", "train", FAR[0])
    put(catalog, "b", "train", bits(FAR[0], 1))
    assert compare().nearest_pairs == ()


def test_only_the_nearest_pairs_are_listed(compare, catalog):
    with catalog.transaction():
        for i in range(40):
            put(catalog, f"a{i:02d}", "train", bits(FAR[0], 2))
            put(catalog, f"b{i:02d}", "test", bits(FAR[0], 2 + (i != 7)))
    found = compare().nearest_pairs
    assert len(found) == 20
    assert {("b07" in pair, {*pair[2:4]} == {"train", "test"}, pair[4]) for pair in found} == {
        (True, True, 0)
    }


def test_a_random_shuffle_divides_a_large_group(compare, catalog):
    with catalog.transaction():
        for i in range(100):
            put(catalog, f"{i:03d}", "train", i << 32, video="one" if i < 60 else None)
    found = compare()
    assert found.groups == 1
    assert found.shuffle_divided == 1.0
    assert found.divided_groups == 0


def test_single_pictures_cannot_leak(compare, catalog):
    with catalog.transaction():
        for i in range(50):
            put(catalog, f"{i:03d}", "train", i << 32)
    found = compare()
    assert (found.groups, found.shuffle_divided) == (0, 0.0)


def test_an_empty_catalog_has_no_leakage(compare):
    found = compare()
    assert (found.divided_groups, found.shared_files, found.nearest_pairs, found.groups) == (
        0,
        0,
        (),
        0,
    )


def test_limits_are_stated_and_subjects_are_counted(compare, catalog):
    put(catalog, "a", "train", FAR[0])
    put(catalog, "b", "test", FAR[1])
    found = compare()
    assert (found.pictures, found.subjects_known) == (2, 0)
    assert "subjects are unknown" in found.undetected[0]
    catalog.update_sample("a", subject="anna")
    found = compare()
    assert found.subjects_known == 1
    assert "subjects are known for 1 of 2 pictures" in found.undetected[0]
    told = leakage_notes(found)[-1]
    assert "heavy edits" in told
    assert "cropped to another face" in told


def test_equal_file_names_in_two_splits_are_reported(compare, catalog):
    put(catalog, "a", "train", FAR[0], source="/raw/x.jpg")
    put(catalog, "b", "test", FAR[1], source="/raw/x_flip.jpg")
    put(catalog, "c", "train", FAR[2], source="/raw/y.jpg", group="c")
    put(catalog, "d", "test", FAR[3], source="/raw/y (1).jpg", group="c")
    put(catalog, "e", "test", FAR[3] ^ FAR[0], source="/raw/z.jpg")
    put(catalog, "f", "test", FAR[3] ^ FAR[1], source="/raw/z_flip.jpg")
    found = compare()
    assert (found.shared_stem_count, found.shared_stems) == (1, (("a", "b"),))
    assert any("1 file names occur" in n and "a, b" in n for n in leakage_notes(found))


def test_groups_are_counted_by_kind_of_link(compare, catalog):
    put(catalog, "a", "train", FAR[0], group="a")
    put(catalog, "b", "train", bits(FAR[0], 2), group="a", video="clip")
    put(catalog, "c", "train", FAR[1], group="c", video="clip")
    put(catalog, "d", None, FAR[2], group="c", subject="li", dropped="near_duplicate")
    put(catalog, "e", "train", FAR[3], subject="li")
    put(catalog, "f", "train", FAR[3] ^ FAR[1], subject="anna")
    provenance.add_origin(
        catalog, Origin(sample="e", engine="bing", query="q", url="1", page="http://x")
    )
    provenance.add_origin(
        catalog, Origin(sample="f", engine="bing", query="q", url="2", page="http://x")
    )
    found = compare()
    assert found.links == {
        "hash": 1, "mirrored": 0, "face": 1, "file name": 0, "video": 1, "subject": 1,
        "web page": 1,
    }  # fmt: skip
    assert any("hash 1, face 1, video 1" in note for note in leakage_notes(found))


def test_mirrored_and_file_name_links_are_separate_kinds(compare, catalog):
    put(catalog, "a", "train", FAR[0], group="a")
    put(catalog, "b", "train", FAR[1], group="a")
    catalog.put_fingerprint("a", Fingerprint(FAR[1], bytes(1024)))
    put(catalog, "c", "train", FAR[2], group="c", source="/raw/x.jpg")
    put(catalog, "d", "train", bits(FAR[2], 10), group="c", source="/raw/x_flip.jpg")
    ties = compare().links
    assert {kind for kind, count in ties.items() if count} == {"mirrored", "file name"}


def test_a_written_report_is_read_back_unchanged(compare, catalog, workspace):
    put(catalog, "a", "train", FAR[0], subject="anna", source="/raw/x.jpg")
    put(catalog, "b", "test", FAR[1], subject="anna")
    put(catalog, "c", "val", FAR[2], source="/raw/x_flip.jpg")
    found = compare()
    assert found.divided_members == ((("a", "train"), ("b", "test")),)
    written = json.loads((workspace.reports / "leakage.json").read_text())
    assert Leakage.from_dict(written) == found
