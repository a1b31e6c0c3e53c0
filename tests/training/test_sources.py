from __future__ import annotations

from itertools import product

import pytest

from moue.sample import LABELS
from training.sources import agreed

SAID = [*LABELS, "unclear"]


def label(first: str, second: str, third: str = "", fourth: str = "") -> str | None:
    return agreed({"first": first, "second": second, "third": third, "fourth": fourth})


@pytest.mark.parametrize(("first", "second"), list(product(SAID, SAID)))
def test_two_passes_give_a_label_where_they_agree_on_one(first, second):
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
def test_later_passes_decide_whatever_the_first_two_said(third, fourth, expected):
    for first, second in product(SAID, SAID):
        assert label(first, second, third, fourth) == expected


def test_a_mouth_that_no_pass_saw_has_no_label():
    assert label("", "") is None
