from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.evaluation.metrics import bootstrap_f1, confusion_matrix, macro_f1, wilson


def test_macro_f1_matches_the_formula_of_scikit_learn():
    rng = np.random.default_rng(0)
    targets, given = rng.integers(0, 4, (2, 500))
    f1 = []
    for k in range(4):
        hits = ((targets == k) & (given == k)).sum()
        precision, recall = hits / (given == k).sum(), hits / (targets == k).sum()
        f1.append(2 * precision * recall / (precision + recall))
    found = macro_f1(confusion_matrix(targets, given, 4))
    assert found == pytest.approx(np.mean(f1))


def test_macro_f1_uses_only_labels_with_pictures():
    """A label that was only given by mistake was not tested, and scores neither 0 nor 1."""
    one, _, three = np.zeros(4, int), np.array([0, 0, 0, 2]), np.array([0, 0, 2, 2])
    assert macro_f1(confusion_matrix(one, one, 3 + 1)) == 1.0
    assert macro_f1(confusion_matrix(one, three, 4)) == pytest.approx(2 / 3)
    assert macro_f1(confusion_matrix(three, np.array([0, 1, 2, 2]), 4)) == pytest.approx(5 / 6)
    assert macro_f1(np.zeros((4, 4), int)) is None


def test_wilson_intervals_match_the_textbook():
    # Newcombe 1998, table I: 81 of 263 and 15 of 148; 0 of 20 and 1 of 29.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) is None


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=50)
def test_wilson_intervals_contain_the_proportion(case):
    right, count = case
    low, high = wilson(right, count)
    assert 0 <= low <= right / count <= high <= 1


@pytest.mark.parametrize("wrong", [0, 1])
def test_predictions_without_chance_have_no_bootstrap_interval(wrong):
    targets = np.array([0, 0, 1, 1])
    given = (targets + wrong) % 2
    assert bootstrap_f1(targets, given, 2) is None


def test_the_bootstrap_interval_of_a_rare_label_reaches_far_but_contains_the_value():
    targets = np.array([0] * 20 + [1] * 20 + [2])
    given = np.array([0] * 20 + [1] * 20 + [0])  # the only mouth of label 2 is wrong
    low, high = bootstrap_f1(targets, given, 3)
    assert low <= macro_f1(confusion_matrix(targets, given, 3)) <= high
    assert high == 1.0  # the samples without that mouth have no mistake


def test_bootstrap_intervals_contain_the_value_and_repeat():
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 4, 300)
    given = np.where(rng.random(300) < 0.8, targets, rng.integers(0, 4, 300))
    low, high = bootstrap_f1(targets, given, 4)
    assert low < macro_f1(confusion_matrix(targets, given, 4)) < high
    assert 0.03 < high - low < 0.15
    assert (low, high) == bootstrap_f1(targets, given, 4)
