from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.live.smoothing import LabelSmoother, SmoothingSettings

LABELS = ("none", "pout", "smile", "open")
NONE, SMILE = (0.9, 0.02, 0.05, 0.03), (0.05, 0.02, 0.9, 0.03)


def shown(rows, fps=25.0, time_constant=0.1, hysteresis=0.2, min_probability=0.0):
    settings = SmoothingSettings(time_constant=time_constant, hysteresis=hysteresis)
    steady = LabelSmoother(LABELS, settings, min_probability)
    return [steady.update(row, number / fps) for number, row in enumerate(rows)]


def changes(labels):
    return sum(a != b for a, b in pairwise(labels))


def test_the_first_frame_is_not_smoothed():
    assert shown([SMILE]) == ["smile"]


def test_a_single_deviating_frame_changes_no_label():
    assert set(shown([NONE] * 5 + [SMILE] + [NONE] * 5)) == {"none"}


def test_a_mouth_between_two_labels_keeps_its_label():
    between = [(0.52, 0, 0.48, 0), (0.45, 0, 0.55, 0)] * 20
    assert changes(shown(between, time_constant=0, hysteresis=0)) == 39
    assert changes(shown(between)) == 0


def test_a_lasting_change_shows_within_a_few_frames():
    labels = shown([NONE] * 10 + [SMILE] * 10)
    assert labels[-1] == "smile"
    assert 11 <= labels.index("smile") <= 14


def test_without_smoothing_each_frame_has_its_own_label():
    rows = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    assert shown(rows, time_constant=0, hysteresis=0) == [LABELS[row.argmax()] for row in rows]


@pytest.mark.parametrize("fps", [5, 25, 120])
def test_the_delay_depends_on_time_and_not_on_frame_rate(fps):
    labels = shown([NONE] * fps + [SMILE] * fps, fps=fps, time_constant=0.5)
    assert labels.index("smile") / fps - 1 == pytest.approx(0.4, abs=0.21)


def test_abstention_does_not_flicker():
    unsure, sure = (0.4, 0.2, 0.2, 0.2), (0.97, 0.01, 0.01, 0.01)
    labels = shown([sure] * 20 + [unsure] * 50, min_probability=0.6)
    assert labels[0] == "none"
    assert labels[-1] is None
    edge = [(0.59, 0.41, 0, 0), (0.61, 0.39, 0, 0)] * 30
    assert changes(shown(edge, min_probability=0.6, time_constant=0)) <= 1


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=1, max_size=30))
def test_the_label_trails_the_best_by_less_than_hysteresis(rows):
    steady = LabelSmoother(LABELS, SmoothingSettings())
    for number, row in enumerate(rows):
        label = steady.update(np.array(row) / sum(row), number / 25)
        assert steady.probabilities.sum() == pytest.approx(1)
        held = steady.probabilities[LABELS.index(label)]
        assert steady.probabilities.max() - held < 0.2 + 1e-9


def test_frames_with_equal_times_are_accepted():
    steady = LabelSmoother(LABELS, SmoothingSettings())
    assert [steady.update(row, 1.0) for row in (NONE, SMILE, SMILE)] == ["none"] * 3
