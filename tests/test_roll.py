"""Labels of tilted heads: the measurement of `benchmarks/roll.py`, on fewer pictures."""

import pytest

from benchmarks.roll import bundled, measure
from moue.predict.predictor import Predictor

PICTURES = bundled()[::3]


@pytest.fixture(scope="module")
def upright():
    return measure(Predictor.load(), PICTURES, 0)


@pytest.mark.parametrize("degrees", [20, -20, 30, -30, 45, -45, 90, 180])
def test_roll_does_not_change_the_label(degrees, upright):
    tilted = measure(Predictor.load(), PICTURES, degrees)
    assert tilted.count == upright.count > 25
    assert tilted.accuracy >= upright.accuracy - 0.07  # two pictures; benchmarks/roll.py: 3 points
    assert tilted.sure <= upright.sure + 1
