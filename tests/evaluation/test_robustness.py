"""The accuracy of a model under corruptions."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from drawing import drawn
from moue.evaluation.corruptions import CORRUPTIONS
from moue.evaluation.metrics import as_plain
from moue.evaluation.robustness import robustness
from moue.face.mouth_crop import crop_moved

BOX = np.array([70, 60, 130, 120], np.float32)


def cut_from(image):
    return partial(crop_moved, image, BOX)


def brightest(crops):
    """A made-up model: `bright` from a mean of 128 on, else `dark`."""
    mean = np.array([crop.mean() for crop in crops])
    return np.stack([127.5 - mean, mean - 127.5], axis=1)


def flat(level):
    return cut_from(np.full((180, 200, 3), level, np.uint8))


def test_accuracy_is_counted_at_each_severity():
    cuts = [flat(40), flat(100), flat(150), flat(220)]
    curves = robustness(brightest, cuts, np.array([0, 0, 1, 1]), ("dark", "bright"))
    assert [curve.name for curve in curves] == [kind.name for kind in CORRUPTIONS]
    (bright,) = [curve for curve in curves if curve.name == "brightness"]
    # At -90 and -60 the 150 turns dark; from +30 on the 100 turns bright, at +90 the 40 too.
    assert [p.severity for p in bright.points] == [-90, -60, -30, 0, 30, 60, 90]
    assert [p.accuracy.right for p in bright.points] == [3, 3, 3, 4, 3, 3, 2]
    assert {p.accuracy.count for p in bright.points} == {4}
    assert bright.points[bright.neutral].macro_f1 == 1.0
    assert bright.mean_accuracy == pytest.approx((3 + 3 + 3 + 3 + 3 + 2) / 24)
    (blurred,) = [curve for curve in curves if curve.name == "blur"]
    assert blurred.mean_accuracy == 1.0


def test_batches_of_one_size_keep_the_order():
    seen = []

    def sizes(crops):
        assert len({crop.shape for crop in crops}) == 1
        seen.append(len(crops))
        return np.array([[crop.shape[0] == 12, crop.shape[0] != 12] for crop in crops], float)

    curves = robustness(sizes, [cut_from(drawn(0, 180, 200))], np.array([0]), ("small", "other"))
    right = {(c.name, p.severity) for c in curves for p in c.points if p.accuracy.right}
    assert right == {("resolution", 12)}
    assert sum(seen) == sum(len(kind.severities) for kind in CORRUPTIONS)


def test_no_mouths_give_no_numbers():
    curves = robustness(brightest, [], np.array([], np.int64), ("dark", "bright"))
    assert {curve.mean_accuracy for curve in curves} == {None}
    assert json.dumps(as_plain(curves), allow_nan=False)
