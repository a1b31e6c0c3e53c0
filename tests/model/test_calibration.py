from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.model.calibration import (
    calibration,
    calibration_error,
    choose_temperature,
    fit_temperature,
    softmax,
)


def test_softmax_is_finite_for_large_logits():
    assert softmax(np.array([[1000.0, 0.0]]))[0].tolist() == [1.0, 0.0]


def test_a_high_temperature_lowers_the_confidence():
    logits = np.array([[2.0, 0.0]])
    assert softmax(logits, 2)[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))


def test_calibration_error_matches_a_hand_calculation():
    # 4 answers at 0.95, of which 3 are right; 2 at 0.55, of which 2 are right.
    probabilities = np.array([[0.95, 0.05]] * 4 + [[0.55, 0.45]] * 2)
    targets = np.array([0, 0, 0, 1, 0, 0])
    bins = calibration(probabilities, targets, bins=10)
    assert [b.count for b in bins if b.count] == [2, 4]
    assert calibration_error(bins) == pytest.approx((2 * 0.45 + 4 * 0.20) / 6)


def test_a_bin_includes_its_upper_end():
    bins = calibration(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0]), bins=2)
    assert [b.count for b in bins] == [1, 1]


def test_an_empty_set_has_no_calibration_error():
    assert calibration_error(calibration(np.zeros((0, 4)), np.zeros(0, np.int64))) is None


@given(st.floats(0.2, 5))
@settings(max_examples=10, deadline=None)
def test_a_known_temperature_is_recovered(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 4))
    draws = rng.random((4000, 1))
    targets = (softmax(logits).cumsum(axis=1) < draws).sum(axis=1)
    found = fit_temperature(logits * temperature, targets)
    assert found == pytest.approx(temperature, rel=0.1)


def test_confidence_of_a_perfect_model_grows_with_data():
    fitted = []
    for count in (4, 40, 400):
        targets = np.arange(count) % 4
        fitted.append(fit_temperature(4 * np.eye(4)[targets], targets))
    assert 1 > fitted[0] > fitted[1] > fitted[2]
    assert fitted[0] > 0.8


def test_a_random_model_gets_a_high_temperature():
    logits = np.tile([[3.0, 0.0], [3.0, 0.0]], (2000, 1))
    assert fit_temperature(logits, np.tile([0, 1], 2000)) > 8


def test_without_targets_the_temperature_is_one():
    assert fit_temperature(np.zeros((0, 4)), np.zeros(0, np.int64)) == 1


def test_a_temperature_that_does_not_generalise_is_not_used():
    # Each answer is right as often as it says, but for one picture of a kind that is rare.
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 1.5, (60, 3))
    draws = rng.random((60, 1))
    targets = (softmax(logits).cumsum(axis=1) < draws).sum(axis=1)
    used, fitted = choose_temperature(logits, targets)
    assert used == 1
    assert fitted != 1


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_temperature_is_the_fitted_one_or_one(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 80))
    logits, targets = rng.normal(0, 2, (count, 4)), rng.integers(0, 4, count)
    used, fitted = choose_temperature(logits, targets)
    assert used in (1, fitted)
    assert fitted == fit_temperature(logits, targets)


def test_a_helpful_temperature_is_used():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (2000, 4))
    targets = (softmax(logits).cumsum(axis=1) < rng.random((2000, 1))).sum(axis=1)
    used, fitted = choose_temperature(4 * logits, targets)
    assert used == fitted == pytest.approx(4, rel=0.1)
