from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.dataset.grouping import find_groups
from moue.errors import SplitError
from moue.workspace import provenance
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import Origin
from moue.workspace.types import LABELS
from rows import add, face, mouth, sample
from split_catalogs import many, put, run, shares, splits

ROWS = st.lists(
    st.tuples(
        st.sampled_from(LABELS),
        st.sampled_from([None, "g1", "g2", "g3"]),
        st.sampled_from([None, None, "v1", "v2"]),
        st.sampled_from([None, None, None, "anna", "li"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def fill(catalog, rows, start=0):
    with catalog.transaction():
        for i, (label, group, video, person, two) in enumerate(rows, start):
            put(catalog, f"{i:03d}", label, group=group, video=video, subject=person,
                faces=(face(), face(90)) if two else (face(),))  # fmt: skip


def links_across_splits(catalog):
    """Return the links that occur in more than one split."""
    reach = {}
    for one in catalog.samples():
        for link in (one.name, ("g", one.group), ("v", one.video), ("p", one.subject)):
            if link is not None and (isinstance(link, str) or link[1]):
                for m in catalog.mouths("split IS NOT NULL", sample=one.name):
                    reach.setdefault(link, set()).add(m.split)
    return [link for link, found in reach.items() if len(found) > 1]


def group_names(catalog):
    names = [one.name for one in catalog.samples()]
    return find_groups(catalog).names(catalog, names)


@settings(max_examples=25, deadline=None)
@given(ROWS, ROWS, st.sampled_from(["7:1.5:1.5", "9:1", "1:1:1", "1:0:1"]))
def test_split_keeps_groups_together_and_old_splits(tmp_path_factory, first, second, ratio):
    with Catalog(tmp_path_factory.mktemp("c") / "catalog.db", create=True) as catalog:
        fill(catalog, first)
        if len({label for label, *_ in first}) < 2:
            with pytest.raises(SplitError):
                run(catalog, ratio)
            assert set(splits(catalog).values()) == {None}
            return
        run(catalog, ratio)
        assert links_across_splits(catalog) == []
        assert None not in splits(catalog).values()
        trained = {m.label for m in catalog.mouths(split="train")}
        assert trained == {label for label, *_ in first}
        before, groups = splits(catalog), group_names(catalog)
        fill(catalog, second, len(first))
        try:
            run(catalog, ratio)
        except SplitError:
            assert {k: v for k, v in splits(catalog).items() if k in before} == before
            return
        assert links_across_splits(catalog) == []
        after, joined = splits(catalog), group_names(catalog)
        for name, old in before.items():
            sample_name = name.removesuffix("-face2")
            members = {groups[n] for n in groups if joined[n] == joined[sample_name]}
            if len(members) == 1:
                assert after[name] == old
            else:
                assert after[name] in (old, "train")


def test_new_pictures_move_no_old_ones(catalog):
    many(catalog, 100)
    run(catalog)
    before = splits(catalog)
    many(catalog, 300, start=100)
    assert run(catalog).done == 300
    assert {k: v for k, v in splits(catalog).items() if k in before} == before
    for found in shares(catalog).values():
        assert found == pytest.approx([0.7, 0.15, 0.15], abs=0.03)


def test_a_picture_that_joins_a_group_follows_it(catalog):
    many(catalog, 40)
    run(catalog)
    for one in list(catalog.mouths(split="test")):
        catalog.update_sample(one.sample, subject=f"person of {one.name}")
        put(catalog, f"{one.name}-new", one.label, subject=f"person of {one.name}")
    run(catalog)
    for one in catalog.mouths("name LIKE '%-new'"):
        assert one.split == "test"


@pytest.mark.parametrize("tie", ["group", "video", "subject"])
def test_joined_groups_of_two_splits_go_to_train(catalog, tie):
    many(catalog, 40)
    run(catalog)
    val, test = (next(catalog.mouths(split=s)).name for s in ("val", "test"))
    for name in (val, test):
        catalog.update_sample(name, **{tie: "the same"})
    summary = run(catalog)
    (note,) = summary.notes
    assert "was in test, val; it is now in train" in note
    assert summary.done == 2
    assert mouth(catalog, val).split == mouth(catalog, test).split == "train"
    assert run(catalog).notes == []


def test_a_group_keeps_the_split_of_a_dropped_picture(catalog):
    many(catalog, 40)
    run(catalog)
    one = next(catalog.mouths(split="test")).name
    catalog.update_sample(one, subject="anna", dropped="near_duplicate")
    put(catalog, "better", "smile", subject="anna")
    run(catalog)
    assert mouth(catalog, "better").split == "test"


def test_a_group_with_a_rare_label_goes_to_train(catalog):
    """The only pouts belong to a person with many smiles: they must not all be tested."""
    many(catalog, 40)
    for one in list(catalog.mouths(label="pout")):
        catalog.update_mouth(one.name, label="smile")
    for i in range(12):
        put(catalog, f"anna-{i}", "pout" if i == 0 else "open", subject="anna")
    for seed in range(8):
        run(catalog, seed=seed, resplit=True)
        assert mouth(catalog, "anna-0").split == "train"


def test_a_group_has_the_name_of_its_oldest_member(catalog):
    add(
        catalog,
        sample("a", video="v"), sample("b", subject="p"), sample("c", video="v", subject="p"),
        sample("d", group="d"), sample("e", group="d", video="w"), sample("f", video="w"),
        sample("g"),
    )  # fmt: skip
    assert group_names(catalog) == {
        "a": "a", "b": "a", "c": "a", "d": "d", "e": "d", "f": "d", "g": "g",
    }  # fmt: skip


def test_pictures_of_one_web_page_are_one_group(catalog):
    add(catalog, *(sample(name) for name in "abcd"))
    for name, page in {"a": "http://x/1", "b": None, "c": "http://x/1", "d": None}.items():
        provenance.add_origin(
            catalog, Origin(sample=name, engine="bing", query="q", url=name, page=page)
        )
    assert group_names(catalog) == {"a": "a", "b": "b", "c": "a", "d": "d"}
