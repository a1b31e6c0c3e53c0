from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.dataset.dedupe import DedupeSettings, dedupe
from moue.dataset.union_find import UnionFind
from moue.workspace.catalog import Catalog
from moue.workspace.queries import kept_for
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from moue.workspace.workspace import Workspace
from rows import GOOD, add, context, dropped, get, sample

FAR = [0x0F0F_0F0F_0F0F_0F0F, 0xF0F0_00FF_1234_5678, 0x3333_5555_9999_AAAA]


def bits(base, count):
    """A hash that differs from `base` in `count` bits, spread out."""
    return base ^ sum(1 << (5 * i) for i in range(count))


def run(catalog, **settings):
    return dedupe(context(Workspace(catalog.path.parent), catalog, DedupeSettings(**settings)))


def groups(catalog):
    return {one.name: one.group for one in catalog.samples()}


def quality(face_px, sharpness=0.1):
    return {"scores": GOOD | {"face_px": face_px, "sharpness": sharpness}}


def test_the_best_of_each_cluster_is_kept(catalog):
    add(
        catalog,
        sample("small", phash=FAR[0], **quality(80.0)),
        sample("large", phash=bits(FAR[0], 3), **quality(200.0, 0.05)),
        sample("large and sharp", phash=bits(FAR[0], 2), **quality(200.0, 0.2)),
        sample("alone", phash=FAR[1]),
    )
    summary = run(catalog)
    assert dropped(catalog) == {
        "small": "near_duplicate",
        "large": "near_duplicate",
        "large and sharp": None,
        "alone": None,
    }
    assert set(groups(catalog).values()) == {"small", None}
    assert get(catalog, "small").detail == "of large and sharp"
    assert summary.counts == {"kept": 2, "clusters": 1, "near_duplicate": 2}


def test_the_oldest_of_exact_duplicates_is_kept(catalog):
    add(catalog, *(sample(n, phash=FAR[0], sha256="same") for n in "abc"))
    run(catalog)
    assert dropped(catalog) == {"a": None, "b": "duplicate", "c": "duplicate"}
    assert dict(kept_for(catalog, "duplicate")) == {"b": "a", "c": "a"}


def test_the_hash_radius_is_respected(catalog):
    add(catalog, sample("a", phash=FAR[0]), sample("b", phash=bits(FAR[0], 6)))
    assert run(catalog, radius=5).counts["kept"] == 2
    assert groups(catalog) == {"a": None, "b": None}
    assert run(catalog, radius=6).counts["kept"] == 1
    assert run(catalog, radius=5).counts["kept"] == 2
    assert groups(catalog) == {"a": None, "b": None}


def test_a_chain_of_near_duplicates_is_one_cluster(catalog):
    add(catalog, *(sample(f"{i}", phash=bits(FAR[0], 4 * i)) for i in range(3)))
    run(catalog, radius=4)
    assert groups(catalog) == dict.fromkeys("012", "0")


def test_a_near_duplicate_with_another_mouth_stays(catalog):
    add(
        catalog,
        sample("a", phash=FAR[0], mouth_phash=0),
        sample("b", phash=bits(FAR[0], 2), mouth_phash=bits(0, 13)),
        sample("c", phash=bits(FAR[0], 3), mouth_phash=bits(0, 12)),
    )
    run(catalog)
    assert dropped(catalog) == {"a": None, "b": None, "c": "near_duplicate"}
    assert groups(catalog) == dict.fromkeys("abc", "a")


def test_a_group_keeps_its_name_when_pictures_are_added(catalog):
    add(catalog, sample("a", phash=FAR[0]), sample("b", phash=bits(FAR[0], 1)))
    run(catalog)
    add(catalog, sample("c", phash=bits(FAR[0], 2), **quality(900.0)))
    run(catalog)
    assert groups(catalog) == dict.fromkeys("abc", "a")
    assert dropped(catalog) == {"a": "near_duplicate", "b": "near_duplicate", "c": None}
    assert get(catalog, "b").detail == "of c"


def test_joined_groups_get_the_older_name(catalog):
    ends = FAR[0], bits(FAR[0], 10)
    add(catalog, *(sample(n, phash=h) for n, h in zip("abcd", ends * 2, strict=True)))
    run(catalog)
    assert groups(catalog) == {"a": "a", "b": "b", "c": "a", "d": "b"}
    add(catalog, sample("e", phash=bits(FAR[0], 5)))
    run(catalog)
    assert set(groups(catalog).values()) == {"a"}


def test_a_restored_picture_replaces_its_duplicate(catalog):
    add(catalog, *(sample(n, phash=FAR[0], sha256="same") for n in "abc"))
    run(catalog)
    set_dropped(catalog, get(catalog, "b"), None, USER)
    run(catalog)
    assert dropped(catalog) == {"a": "duplicate", "b": None, "c": "duplicate"}
    assert dict(kept_for(catalog, "duplicate")) == {"a": "b", "c": "b"}
    before = list(map(str, catalog.samples()))
    run(catalog)
    assert list(map(str, catalog.samples())) == before


def test_two_restored_copies_both_stay(catalog):
    add(catalog, *(sample(n, phash=FAR[0], sha256="same") for n in "ab"))
    run(catalog)
    set_dropped(catalog, get(catalog, "b"), None, USER)
    run(catalog)
    set_dropped(catalog, get(catalog, "a"), None, USER)
    run(catalog)
    assert dropped(catalog) == {"a": None, "b": None}


def test_a_duplicate_is_restored_when_the_best_is_dropped(catalog):
    add(catalog, *(sample(n, phash=FAR[0], sha256="same") for n in "ab"))
    run(catalog)
    set_dropped(catalog, get(catalog, "a"), "by_hand", USER)
    run(catalog)
    assert dropped(catalog) == {"a": "by_hand", "b": None}


def test_dropped_and_unmeasured_pictures_are_ignored(catalog):
    add(
        catalog,
        sample("a", phash=FAR[0], dropped="blurry", decided_by="clean"),
        sample("b", phash=FAR[0], faces=None),
        sample("c", phash=FAR[0]),
    )
    run(catalog)
    assert dropped(catalog) == {"a": "blurry", "b": None, "c": None}


def test_an_empty_catalog_and_one_picture_work(catalog):
    assert run(catalog).counts == {"kept": 0, "clusters": 0}
    add(catalog, sample("a"))
    assert run(catalog).counts == {"kept": 1, "clusters": 0}


def test_very_many_equal_pictures_are_one_cluster(catalog):
    catalog.add_samples(sample(f"{i:04d}", phash=FAR[0], sha256=str(i % 7)) for i in range(2000))
    assert run(catalog).counts == {
        "kept": 1, "clusters": 1, "duplicate": 285, "near_duplicate": 1714,
    }  # fmt: skip


HASHES = st.lists(
    st.tuples(st.sampled_from(FAR), st.integers(0, 9), st.integers(0, 20), st.integers(50, 60)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(HASHES, HASHES)
def test_every_cluster_keeps_one_picture(tmp_path_factory, first, second):
    def rows(found, start):
        for i, (base, flips, mouth, px) in enumerate(found, start):
            yield sample(f"{i:02d}", phash=bits(base, flips), mouth_phash=bits(0, min(mouth, 12)),
                         **quality(float(px)))  # fmt: skip

    with Catalog(tmp_path_factory.mktemp("c") / "catalog.db", create=True) as catalog:
        add(catalog, *rows(first, 0))
        run(catalog)
        kept = [one.group or one.name for one in catalog.samples("dropped IS NULL")]
        assert set(kept) == {one.group or one.name for one in catalog.samples()}
        before = list(map(str, catalog.samples()))
        assert run(catalog).done == 0
        assert list(map(str, catalog.samples())) == before
        old = groups(catalog)
        add(catalog, *rows(second, len(first)))
        run(catalog)
        new = groups(catalog)
        for name, group in old.items():
            if group is not None:
                assert new[name] is not None
                assert new[name] <= group


def test_clusters_are_named_after_their_oldest_member():
    clusters = UnionFind(6)
    for a, b in ((4, 5), (5, 1), (3, 2)):
        clusters.union(a, b)
    assert clusters.members() == [[0], [1, 4, 5], [2, 3]]
    assert [clusters.root(i) for i in range(6)] == [0, 1, 2, 2, 1, 1]


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30))
def test_items_that_are_linked_by_any_path_are_one_cluster(pairs):
    clusters = UnionFind(12)
    expected = [{i} for i in range(12)]
    for a, b in pairs:
        clusters.union(a, b)
        joined = expected[a] | expected[b]
        for member in joined:
            expected[member] = joined
        roots = [clusters.root(i) for i in range(12)]
        assert roots == [min(cluster) for cluster in expected]
    assert [set(one) for one in clusters.members()] == [
        one for i, one in enumerate(expected) if min(one) == i
    ]
    sizes = [len(one) for one in clusters.largest_first()]
    assert sizes == sorted(map(len, clusters.members()), reverse=True)


@pytest.mark.parametrize("order", [range(999), reversed(range(999))])
def test_a_long_chain_is_one_cluster(order):
    clusters = UnionFind(1000)
    for i in order:
        clusters.union(i, i + 1)
    assert clusters.members() == [list(range(1000))]
