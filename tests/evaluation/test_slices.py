"""Results cut by what is known of the pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.evaluation.metrics import wilson
from moue.evaluation.slices import UNKNOWN, bands, slices
from moue.model.example import Example
from moue.workspace.types import LABELS


def cut(rows, labels=LABELS):
    """Slices of (true, given, tags) rows."""
    examples = [
        Example(name=f"m{i}", file=Path(f"m{i}.png"), label=true, attributes=tags)
        for i, (true, _, tags) in enumerate(rows)
    ]
    targets, answers = (
        np.array([labels.index(row[column]) for row in rows], np.int64) for column in (0, 1)
    )
    return slices(examples, targets, answers, labels)


def test_a_slice_has_count_accuracy_interval_and_f1():
    rows = [
        ("none", "none", {"source": "a"}),
        ("none", "smile", {"source": "a"}),
        ("smile", "smile", {"source": "a"}),
        ("pout", "none", {"source": "b"}),
        ("smile", "smile", {"source": "b"}),
    ]
    source = cut(rows)["source"]
    a, b = source["a"].accuracy, source["b"].accuracy
    assert [(a.right, a.count), (b.right, b.count)] == [(2, 3), (1, 2)]
    assert a.interval == wilson(2, 3)
    assert source["a"].macro_f1 == pytest.approx(2 / 3)  # none 2/3, smile 2/3
    assert source["b"].macro_f1 == pytest.approx(1 / 2)  # none 0, smile 1; no pout there


def test_a_slice_has_the_predictions_for_neutral_mouths():
    rows = [
        ("none", "pout", {"g": "x"}),
        ("none", "none", {"g": "x"}),
        ("pout", "pout", {"g": "x"}),
    ]
    given_to = cut(rows)["g"]["x"].none_predicted
    assert {label: (s.right, s.count) for label, s in given_to.items()} == {
        "none": (1, 2), "pout": (1, 2), "smile": (0, 2), "open": (0, 2),
    }  # fmt: skip


def test_a_model_without_none_has_no_such_predictions():
    rows = [("shut", "shut", {"g": "x"}), ("wide", "shut", {"g": "x"})]
    assert cut(rows, ("shut", "wide"))["g"]["x"].none_predicted == {}


TAGS = st.dictionaries(
    st.sampled_from(["source", "age", "mouth_px"]),
    st.one_of(st.sampled_from(["web", "film", "unknown"]), st.integers(0, 90).map(str)),
)


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS), TAGS)))
def test_slices_of_an_attribute_add_up(rows):
    right = sum(true == answer for true, answer, _ in rows)
    for values in cut(rows).values():
        shares = [one.accuracy for one in values.values()]
        assert sum(share.count for share in shares) == len(rows)
        assert sum(share.right for share in shares) == right
        assert all(share.count for share in shares)


def test_pictures_without_the_attribute_are_unknown_and_last():
    rows = [("none", "none", {"g": value} if value else {}) for value in ("z", "z", "", "a")]
    assert list(cut(rows)["g"]) == ["a", "z", UNKNOWN]


def test_an_attribute_of_unique_values_gives_no_slices():
    rows = [("none", "none", {"url": f"u{i}", "g": "x"}) for i in range(20)]
    assert set(cut(rows)) == {"g"}


def test_unique_numbers_give_slices():
    found = cut([("none", "none", {"height": f"{150 + 3.7 * i:.1f}"}) for i in range(12)])
    assert 3 <= len(found["height"]) <= 8


def test_ages_are_in_round_bands():
    ages = [2, 7, 15, 21, 24, 29, 33, 34, 41, 55, 63, 78, 78, 116]
    found = cut([("none", "none", {"age": str(age)}) for age in ages])["age"]
    assert list(found) == ["under 20", "20 to <40", "40 to <60", "60 to <80", "80 and over"]
    assert [one.accuracy.count for one in found.values()] == [3, 5, 2, 3, 1]


def test_few_numbers_are_values_in_order():
    rows = [("none", "none", {"camera": number}) for number in ("10", "9", "10", "2")]
    assert list(cut(rows)["camera"]) == ["2", "9", "10"]


def test_mouth_sides_have_fixed_bands():
    rows = [("none", "none", {"mouth_px": side}) for side in ("31", "32", "64", "64", "300")]
    found = cut(rows)["mouth_px"]
    assert {name: one.accuracy.count for name, one in found.items()} == {
        "under 32": 1, "32 to <64": 1, "64 to <128": 2, "256 and over": 1,
    }  # fmt: skip


@given(st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), min_size=2).filter(
    lambda values: len(set(values)) > 1
))  # fmt: skip
def test_every_number_is_within_its_band(numbers):
    names, which = bands(numbers)
    assert len(names) <= 12
    for number, band in zip(numbers, which, strict=True):
        name = names[band]
        if name.startswith("under"):
            assert number < float(name.split()[1])
        elif name.endswith("over"):
            assert number >= float(name.split()[0])
        else:
            low, high = name.split(" to <")
            assert float(low) <= number < float(high)
