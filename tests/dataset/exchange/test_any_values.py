"""Any values survive the round trip through any format."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelled_workspace import add_picture, export, opened, values
from moue.dataset.collect.collect_files import collect
from moue.dataset.exchange.formats import FORMATS
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import LABELS, SPLITS, USER, Decision

TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from("\udce9\udcff\n\t\r\"'\\,:{}[]<>&|\u202e\u2028中é "),
    min_size=1, max_size=12,
)  # fmt: skip
"""Texts as the catalog holds them: also paths that are not UTF-8."""
MAYBE = st.none() | TEXT
TIME = st.sampled_from(["2026-01-02T03:04:05+00:00", "1999-12-31T23:59:59+00:00"])
MOUTH = st.fixed_dictionaries({
    "label": st.none() | st.sampled_from(LABELS), "split": st.none() | st.sampled_from(SPLITS),
    "label_by": st.none() | st.sampled_from([USER, "csv", "folder", "dataset"]) | TEXT,
    "label_at": st.none() | TIME, "decided_by": st.none() | st.just(USER),
    "dropped": st.none() | st.none() | st.sampled_from(sorted(DROP_REASONS)),
})  # fmt: skip
ORIGIN = st.fixed_dictionaries({
    "engine": TEXT, "query": TEXT, "url": TEXT, "at": TIME, "page": MAYBE, "title": MAYBE,
    "author": MAYBE, "licence": MAYBE, "licence_url": MAYBE, "type": MAYBE, "label": MAYBE,
})  # fmt: skip
PICTURE = st.fixed_dictionaries({
    "source": TEXT, "video": MAYBE, "subject": MAYBE, "licence": MAYBE, "backend": MAYBE,
    "format": MAYBE, "tags": st.dictionaries(TEXT, TEXT, max_size=2),
    "decided_by": st.none() | st.just(USER),
})  # fmt: skip
PICTURES = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.lists(MOUTH, min_size=1, max_size=3),
        st.lists(ORIGIN, max_size=2, unique_by=lambda one: (one["engine"], one["query"])),
        PICTURE,
        st.lists(st.tuples(TEXT, MAYBE, MAYBE, TEXT, MAYBE), max_size=2),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(pictures=PICTURES)
def test_any_values_survive_the_round_trip(form, pictures):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with opened(place / "source") as source:
            for number, (digit, mouths, origins, fields, decisions) in enumerate(pictures):
                name = f"图-{number}{digit:011x}"
                add_picture(source, name, number, mouths, origins, **fields)
                source.catalog.decide(
                    Decision(name, field, old, value, by, why)
                    for field, old, value, by, why in decisions
                )
            before = values(source, FORMATS[form].form)
            if before:
                export(source, form, place / "out", unlabelled=True)
        if before:
            with opened(place / "target") as target:
                assert collect(target, [place / "out"]).done == len(before)
                assert values(target, FORMATS[form].form) == before
