from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.errors import CheckpointError, ModelError
from moue.model.abstention import TARGET_ERRORS, abstention_threshold, fit_abstention
from moue.model.spec import ModelSpec
from moue.predict.load_classifier import load_classifier
from moue.training.recipes import FAST
from moue.workspace.types import LABELS


def answers(tops, right):
    """Rows of two labels whose likelier one is the first, with its probability; and the truth."""
    tops = np.asarray(tops, np.float64)
    targets = np.where(np.asarray(right, bool), 0, 1)
    return np.stack([tops, 1 - tops], axis=1), targets


def cautious(tops, right, least):
    kept = np.asarray(tops) >= least
    return (np.sum(~np.asarray(right, bool)[kept]) + 1) / (kept.sum() + 2)


validations = st.lists(
    # Few values, so that many are equal.
    st.tuples(st.sampled_from(np.linspace(0.51, 1, 30).tolist()), st.integers(0, 12)),
    max_size=400,
).map(lambda rows: ([top for top, _ in rows], [chance > 0 for _, chance in rows]))


@given(validations)
@settings(max_examples=200, deadline=None)
def test_the_threshold_is_the_lowest_that_keeps_the_error(validation):
    tops, right = validation
    found = dict(fit_abstention(*answers(tops, right)))
    for error in TARGET_ERRORS:
        keeps = [t for t in set(tops) if cautious(tops, right, t) <= error]
        assert found.get(error) == (min(keeps) if keeps else None)


@given(validations)
@settings(max_examples=200, deadline=None)
def test_the_error_on_the_data_is_at_most_the_stated_one(validation):
    tops, right = np.array(validation[0]), np.array(validation[1], bool)
    for error, least in fit_abstention(*answers(tops, right)):
        assert np.mean(~right[tops >= least]) <= error


@given(validations)
@settings(max_examples=200, deadline=None)
def test_a_smaller_error_never_takes_a_lower_threshold(validation):
    found = fit_abstention(*answers(*validation))
    assert [error for error, _ in found] == sorted(error for error, _ in found)
    assert [least for _, least in found] == sorted((least for _, least in found), reverse=True)
    # What keeps a small error keeps a larger one too.
    assert [error for error, _ in found] == list(TARGET_ERRORS)[len(TARGET_ERRORS) - len(found) :]


def test_a_threshold_worked_out_by_hand():
    # 8 right answers above one wrong one: 1/10 is kept by the first 8, 2/11 by all no more.
    tops = [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.6]
    assert fit_abstention(*answers(tops, [1] * 8 + [0])) == ((0.1, 0.92),)


@pytest.mark.parametrize(("count", "least"), [(7, None), (8, 0.1), (17, 0.1), (18, 0.05)])
def test_a_few_correct_predictions_give_a_high_threshold(count, least):
    found = fit_abstention(*answers([0.9] * count, [1] * count))
    assert (found[0][0] if found else None) == least


def test_an_empty_set_has_no_threshold():
    assert fit_abstention(np.zeros((0, 4)), np.zeros(0, np.int64)) == ()


def test_the_order_of_the_pictures_does_not_matter():
    rng = np.random.default_rng(0)
    tops = rng.uniform(0.5, 1, 500)
    probabilities, targets = answers(tops, rng.random(500) < tops)
    order = rng.permutation(500)
    assert fit_abstention(probabilities[order], targets[order]) == fit_abstention(
        probabilities, targets
    )


def test_an_unknown_error_lists_the_available_thresholds():
    assert abstention_threshold(((0.02, 0.9), (0.05, 0.7)), 0.05) == 0.7
    with pytest.raises(
        ModelError, match=r"maximum error of 0\.03; it has thresholds for 0\.02, 0\.05"
    ):
        abstention_threshold(((0.02, 0.9), (0.05, 0.7)), 0.03)
    with pytest.raises(ModelError, match="or any other; train the model again"):
        abstention_threshold((), 0.02)


def test_an_old_spec_has_no_thresholds():
    spec = dataclasses.replace(FAST.spec(LABELS), abstention_thresholds=((0.02, 0.9), (0.05, 0.7)))
    assert ModelSpec.from_json(spec.to_json()) == spec
    older = json.loads(spec.to_json())
    del older["abstention_thresholds"]
    assert ModelSpec.from_json(json.dumps(older)).abstention_thresholds == ()


@pytest.mark.parametrize("wrong", [5, [1], [[0.1]], [[0.1, 2]], [[2, 0.1]], [["a", "b"]]])
def test_invalid_thresholds_are_refused(wrong):
    data = json.loads(FAST.spec(LABELS).to_json()) | {"abstention_thresholds": wrong}
    with pytest.raises(CheckpointError, match="has no valid model spec"):
        ModelSpec.from_json(json.dumps(data))


@pytest.mark.slow
def test_training_fits_the_thresholds_on_its_validation_set(mouth_sets, tmp_path, quick_settings):
    from moue.media.image import read_image
    from moue.training import checkpoint
    from moue.training.train import train

    train(*mouth_sets, dataclasses.replace(quick_settings, epochs=24), tmp_path)
    spec = load_classifier(tmp_path).spec
    assert (
        spec.abstention_thresholds
        == checkpoint.load(tmp_path / "best.pt").spec.abstention_thresholds
    )
    rows = load_classifier(tmp_path).probabilities([read_image(e.file) for e in mouth_sets[1]])
    targets = np.array([spec.labels.index(e.label) for e in mouth_sets[1]])
    expected = fit_abstention(rows, targets)
    assert [error for error, _ in spec.abstention_thresholds] == [error for error, _ in expected]
    for (_, found), (_, least) in zip(spec.abstention_thresholds, expected, strict=True):
        assert found == pytest.approx(least, abs=1e-5)
    assert spec.abstention_thresholds
