from __future__ import annotations

import numpy as np

from moue.workspace.types import LABELS
from research.mouth_classifier.mesh_classifier import mesh_probabilities
from research.mouth_classifier.teachers import combine, mesh_soft_labels

COUNT, STEPS = 80, 400
TRUTH = np.arange(COUNT) // 2 % len(LABELS)
RIGHT = np.eye(len(LABELS), dtype=np.float32)[TRUTH]
EVERY_OTHER = np.arange(COUNT) % 2 == 0


def measured() -> np.ndarray:
    """Return (COUNT, 6) noise in which one feature is high for each label."""
    features = np.random.default_rng(0).normal(0, 0.1, (COUNT, 6)).astype(np.float32)
    features[np.arange(COUNT), TRUTH] += 1
    return features


def test_measures_label_the_unlabelled_mouths():
    probs = mesh_probabilities(measured(), RIGHT, EVERY_OTHER, 0, STEPS)
    assert probs.shape == (COUNT, len(LABELS))
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)
    assert (probs.argmax(1) == TRUTH).all()


def test_mouths_without_a_mesh_get_no_pseudo_label():
    features = measured()
    features[0] = np.nan
    probs = mesh_probabilities(features, RIGHT, EVERY_OTHER, 0, 1)
    assert np.isnan(probs[0]).all()
    assert not np.isnan(probs[1:]).any()
    assert (mesh_soft_labels(features, RIGHT, EVERY_OTHER, 0, 1)[0] == 1 / len(LABELS)).all()


def test_held_out_labels_are_not_trained_on():
    wrong = RIGHT.copy()
    wrong[~EVERY_OTHER] = [0, 1, 0, 0]
    features = measured()
    assert (
        mesh_probabilities(features, RIGHT, EVERY_OTHER, 0, 5)
        == mesh_probabilities(features, wrong, EVERY_OTHER, 0, 5)
    ).all()
    everything = np.ones(COUNT, bool)
    assert (
        mesh_probabilities(features, RIGHT, everything, 0, 5)
        != mesh_probabilities(features, wrong, everything, 0, 5)
    ).any()


def test_a_teacher_that_excludes_a_label_wins():
    uncertain = np.array([[0.5, 0.5, 0, 0]], np.float32)
    confident = np.array([[0.0, 0.9, 0.1, 0]], np.float32)
    probs = combine([uncertain, confident])
    assert probs.argmax() == 1
    assert probs[0, 0] < 0.1
    np.testing.assert_allclose(probs.sum(), 1, atol=1e-6)
