"""Two models on the same pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.evaluation.comparison import compare, mcnemar
from moue.evaluation.metrics import confusion_matrix, macro_f1
from moue.model.example import Example
from moue.workspace.types import LABELS

counts = st.integers(0, 60)


def examples(labels):
    return [Example(name=f"m{i}", file=Path("m.png"), label=x) for i, x in enumerate(labels)]


def answers(seed, count=240, skill=(0.85, 0.6)):
    rng = np.random.default_rng(seed)
    true = rng.choice(LABELS, count)
    return true.tolist(), *(
        np.where(rng.random(count) < s, true, rng.choice(LABELS, count)).tolist() for s in skill
    )


def test_mcnemar_gives_the_p_values_of_the_binomial_table():
    # Two-sided tails of Binomial(n, 1/2).
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 1) == 1.0
    assert mcnemar(0, 5) == pytest.approx(0.0625)
    assert mcnemar(0, 6) == pytest.approx(0.03125)
    assert mcnemar(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar(2, 8) == pytest.approx(112 / 1024)
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(121, 59) == pytest.approx(4.3e-6, rel=0.05)


@given(counts, counts)
def test_mcnemar_is_a_symmetric_probability(one, two):
    assert 0 < mcnemar(one, two) <= 1
    assert mcnemar(one, two) == mcnemar(two, one)


@given(counts, counts)
def test_mcnemar_falls_as_the_difference_grows(fewer, more):
    if fewer < more:
        assert mcnemar(fewer, more + 1) < mcnemar(fewer, more)


def test_mcnemar_works_with_thousands_of_pictures():
    assert math.isfinite(mcnemar(3000, 3100))
    assert mcnemar(0, 3000) == pytest.approx(0.0, abs=1e-300)


def test_pictures_that_only_one_model_gets_right_are_listed():
    true = ["none", "pout", "smile", "open", "none"]
    found = compare(
        examples(true),
        ["none", "pout", "smile", "none", "open"],
        ["none", "none", "pout", "open", "smile"],
        ("old", "new"),
    )
    assert found.models == ("old", "new")
    assert [(d.name, d.first, d.second) for d in found.only_first] == [
        ("m1", "pout", "none"),
        ("m2", "smile", "pout"),
    ]
    assert [(d.name, d.label, d.first) for d in found.only_second] == [("m3", "open", "none")]
    assert (found.both_right, found.both_wrong) == (1, 1)
    assert found.p_value == mcnemar(2, 1)


@pytest.mark.parametrize("seed", range(4))
def test_intervals_contain_the_differences(seed):
    true, one, two = answers(seed)
    found = compare(examples(true), one, two)
    targets, a, b = (np.array([LABELS.index(x) for x in row]) for row in (true, one, two))
    assert found.accuracy[0].value == pytest.approx((a == targets).mean())
    for index, given_labels in enumerate((a, b)):
        f1 = macro_f1(confusion_matrix(targets, given_labels, 4))
        assert found.macro_f1[index] == pytest.approx(f1)
    for difference, scores in (
        (found.accuracy_difference, [share.value for share in found.accuracy]),
        (found.macro_f1_difference, found.macro_f1),
    ):
        low, high = difference.interval
        assert difference.value == pytest.approx(scores[0] - scores[1])
        assert low < difference.value < high
        assert 0.03 < high - low < 0.3


def test_the_interval_is_paired():
    # Two models that differ on few pictures: their own intervals are wide, the pair's is not.
    rng = np.random.default_rng(0)
    true = rng.choice(LABELS, 400)
    one = np.where(rng.random(400) < 0.7, true, "none")
    two = one.copy()
    two[:4] = true[:4]
    low, high = compare(examples(true), one.tolist(), two.tolist()).accuracy_difference.interval
    assert -0.02 <= low <= high <= 0.0


def test_swapped_models_negate_the_difference():
    true, one, two = answers(3)
    found, turned = compare(examples(true), one, two), compare(examples(true), two, one)
    assert turned.accuracy_difference.value == -found.accuracy_difference.value
    assert turned.only_first[0].name == found.only_second[0].name
    assert turned.p_value == found.p_value


def test_a_model_equals_itself():
    true, one, _ = answers(5)
    found = compare(examples(true), one, one)
    assert found.accuracy_difference.interval == (0.0, 0.0)
    assert found.macro_f1_difference.value == 0.0
    assert (found.only_first, found.only_second, found.p_value) == ((), (), 1.0)


def test_the_same_seed_gives_the_same_intervals():
    true, one, two = answers(6)
    assert compare(examples(true), one, two) == compare(examples(true), one, two)
    other = compare(examples(true), one, two, seed=1)
    assert other.accuracy_difference != compare(examples(true), one, two).accuracy_difference


def test_no_pictures_give_no_numbers():
    found = compare([], [], [])
    assert found.accuracy_difference.value is None
    assert found.accuracy_difference.interval is None
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_predictions_of_another_number_are_refused():
    with pytest.raises(ValueError, match="2 and 1 predictions for 2 examples"):
        compare(examples(["none", "pout"]), ["none", "pout"], ["none"])
