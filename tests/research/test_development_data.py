from __future__ import annotations

from itertools import product

import pytest

from moue.workspace.types import LABELS
from research.mouth_classifier.development_data import agreed_label, label_from_measures

ANSWERS = [*LABELS, "unclear"]


def label(
    first: str, second: str, third: str = "", fourth: str = "", gap: float = 0.0
) -> str | None:
    row = {"first": first, "second": second, "third": third, "fourth": fourth}
    return agreed_label(row, gap)


@pytest.mark.parametrize(("first", "second"), list(product(ANSWERS, ANSWERS)))
def test_two_agreeing_passes_give_a_label(first, second):
    expected = first if first == second and first != "unclear" else None
    assert label(first, second) == expected


@pytest.mark.parametrize(
    ("third", "fourth", "expected"),
    [
        ("pout", "pout", "pout"),
        ("pout", "maybe", "pout"),
        ("maybe", "pout", "pout"),
        ("maybe", "maybe", None),
        ("none", "none", "none"),
        ("none", "pout", None),
        ("none", "maybe", None),
        ("unclear", "unclear", None),
    ],
)
def test_later_passes_override_the_first_two(third, fourth, expected):
    for first, second in product(ANSWERS, ANSWERS):
        assert label(first, second, third, fourth) == expected


def test_a_mouth_without_a_pass_has_no_label():
    assert label("", "") is None


def test_parted_lips_need_an_open_label():
    assert label("none", "none", gap=0.2) is None
    assert label("open", "unclear", gap=0.2) is None
    assert label("unclear", "open", gap=0.3) == "open"
    assert label("smile", "smile", gap=0.3) == "smile"


@pytest.mark.parametrize(
    ("smile", "gap", "pucker", "expected"),
    [
        (0.9, 0.3, 0.0, "smile"),
        (0.0, 0.3, 0.0, "open"),
        (0.0, 0.0, 0.0, "none"),
        (0.0, 0.0, 0.9, None),
        (0.4, 0.3, 0.0, None),
        (0.0, 0.1, 0.0, None),
    ],
)
def test_an_ambiguous_generated_mouth_has_no_label(smile, gap, pucker, expected):
    assert label_from_measures({"smile": smile, "gap": gap, "pucker": pucker}) == expected
