from __future__ import annotations

from itertools import product

import pytest

from moue.workspace.types import LABELS
from research.mouth_classifier.development_data import MILD, Mouth, agreed_label, relabelled

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


def answers(first: str, second: str, agreed: str) -> dict[str, str]:
    return {"pass_a": first, "pass_b": second, "agreed": agreed}


def test_a_later_pass_overrides_the_label():
    found = relabelled(Mouth(file="a", source="s", label="none"), answers("pout", "pout", "pout"))
    assert (found.label, found.target) == ("pout", (0.0, 1.0, 0.0, 0.0))


def test_a_mild_pout_is_a_pout_with_a_soft_target():
    found = relabelled(Mouth(file="a", source="s", label=None), answers(MILD, "pout", MILD))
    assert found.label == "pout"
    assert found.target is not None
    assert found.target[0] > 0 < found.target[1] < 1
    assert sum(found.target) == pytest.approx(1)


def test_disagreeing_passes_give_the_mean_of_their_targets_and_no_label():
    found = relabelled(
        Mouth(file="a", source="s", label="smile"), answers("none", "smile", "unclear")
    )
    assert (found.label, found.target) == (None, (0.5, 0.0, 0.5, 0.0))
    unclear = relabelled(Mouth(file="a", source="s", label="smile"), answers("none", "unclear", ""))
    assert (unclear.label, unclear.target) == (None, None)


def test_a_mouth_without_a_later_pass_is_unchanged():
    mouth = Mouth(file="a", source="s", label="smile")
    assert relabelled(mouth, None) is mouth
