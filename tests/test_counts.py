"""The tables of counts always agree with a pass over the pictures and mouths."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from moue.workspace import conditions as c
from moue.workspace.catalog import Catalog
from moue.workspace.counts import counts_table
from moue.workspace.types import Mouth
from rows import sample

NAMES = tuple(f"s{i}" for i in range(6))
REASONS = (None, "blurry", "by_hand", "duplicate")
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(NAMES), st.sampled_from(["photo", "mouth"])),
        st.tuples(st.just("mouths"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("drop"), st.sampled_from(NAMES), st.sampled_from(REASONS)),
        st.tuples(st.just("drop mouth"), st.sampled_from(NAMES), st.sampled_from(REASONS)),
        st.tuples(st.just("label"), st.sampled_from(NAMES), st.sampled_from([None, "open"])),
        st.tuples(st.just("split"), st.sampled_from(NAMES), st.sampled_from(["val", "test"])),
        st.tuples(st.just("convert"), st.sampled_from(NAMES), st.sampled_from([None, 7, 8])),
        st.tuples(st.just("detect"), st.sampled_from(NAMES), st.sampled_from([None, ()])),
        st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none()),
    ),
    max_size=25,
)
ASKED = [
    ("samples", "kind", (), {}),
    ("samples", "kind", (c.CONVERTED, c.IN_USE), {}),
    ("samples", "kind", (c.TO_DEDUPE,), {}),
    ("samples", "dropped", (c.DROPPED,), {}),
    ("samples", "dropped", (c.WITHOUT_FACES,), {"decided_by": "clean"}),
    ("mouths", "label", (c.MOUTH_IN_USE,), {}),
    ("mouths", "split", (c.MOUTH_IN_USE, c.LABELLED), {"split": ["val", "test"]}),
    ("mouths", "dropped", (c.DROPPED,), {}),
]


def apply(catalog, edit, name, value):
    changes = {
        "drop": {"dropped": value, "decided_by": value and "clean"},
        "convert": {"phash": value},
        "detect": {"faces": value},
    }
    match edit:
        case "add":
            catalog.add_samples([sample(name, kind=value)])
        case "mouths":
            found = [f"{name}-{i}" if i else name for i in range(value)]
            mouths = [Mouth(name=n, sample=name, face=i, width=9) for i, n in enumerate(found)]
            if next(catalog.samples(name=name), None):
                catalog.put_mouths(name, mouths)
        case "drop mouth":
            catalog.update_mouth(name, dropped=value)
        case "label" | "split":
            catalog.update_mouth(name, **{edit: value})
        case "remove":
            catalog.remove(name, [mouth.name for mouth in catalog.mouths(sample=name)])
        case _:
            catalog.update_sample(name, **changes[edit])


@given(EDITS)
@settings(max_examples=40, deadline=None)
def test_counts_agree_with_the_rows(edits):
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalog(Path(folder) / "catalog.db", create=True) as catalog,
        catalog.transaction(),
    ):
        for edit in edits:
            apply(catalog, *edit)
        for table, by, conditions, equal in ASKED:
            assert counts_table(table, [by, *conditions, *equal])
            condition, values = c.where(conditions, equal)
            sql = f"SELECT {by}, count(*) FROM {table} WHERE {condition} GROUP BY 1"
            scanned = {row[0]: row[1] for row in catalog.execute(sql, values)}
            assert catalog.count(table, by, *conditions, **equal) == scanned


def test_an_unknown_column_is_counted_in_the_rows():
    assert counts_table("samples", ["source"]) is None
    assert counts_table("samples", ["kind", "detail IS NOT NULL"]) is None
    assert counts_table("decisions", ["by"]) is None
