from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from moue.evaluation.evaluate import evaluate
from moue.model.example import Example
from moue.workspace.types import LABELS


def examples(*labels: str) -> list[Example]:
    return [
        Example(
            name=f"m{i}", file=Path(f"m{i}.png"), label=label, attributes={"source": "ab"[i % 2]}
        )
        for i, label in enumerate(labels)
    ]


def logits(*given: str, sure: float = 3.0) -> np.ndarray:
    return np.array([[sure * (label == name) for name in LABELS] for label in given])


#: 3 none (one predicted as smile), 1 pout (predicted as none), 2 smile, 0 open
TRUE = ("none", "none", "none", "pout", "smile", "smile")
GIVEN = ("none", "none", "smile", "none", "smile", "smile")


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(logits(*GIVEN), examples(*TRUE), LABELS)


def test_the_confusion_matrix_has_true_labels_in_its_rows(evaluation):
    assert evaluation.confusion == ((2, 0, 1, 0), (1, 0, 0, 0), (0, 0, 2, 0), (0, 0, 0, 0))


def test_accuracy_counts_correct_predictions(evaluation):
    assert (evaluation.accuracy.right, evaluation.accuracy.count) == (4, 6)
    assert evaluation.accuracy.value == pytest.approx(2 / 3)


def test_scores_of_each_label_match_a_hand_calculation(evaluation):
    none, pout, smile, unused = evaluation.per_label
    assert (none.precision.value, none.recall.value, none.f1) == pytest.approx(
        (2 / 3, 2 / 3, 2 / 3)
    )
    assert (pout.precision.value, pout.recall.value, pout.f1) == (None, 0.0, 0.0)
    assert (smile.precision.value, smile.recall.value, smile.f1) == pytest.approx((2 / 3, 1, 0.8))
    assert (unused.precision.value, unused.recall.value, unused.f1) == (None, None, None)
    assert [score.support for score in evaluation.per_label] == [3, 1, 2, 0]


def test_labels_without_pictures_have_no_score():
    found = evaluate(logits("none", "open"), examples("none", "none"), LABELS)
    assert found.untested == ("pout", "smile", "open")
    assert found.to_dict()["untested"] == ["pout", "smile", "open"]
    assert [one.f1 for one in found.per_label] == [pytest.approx(2 / 3), None, None, None]


def test_macro_f1_leaves_out_a_label_that_does_not_occur(evaluation):
    assert evaluation.macro_f1 == pytest.approx((2 / 3 + 0 + 0.8) / 3)


def test_the_most_confident_mistake_comes_first():
    rows = np.concatenate([logits("smile", sure=1.0), logits("smile", sure=9.0), logits("none")])
    found = evaluate(rows, examples("none", "pout", "none"), LABELS).mistakes
    assert [(m.name, m.label, m.predicted) for m in found] == [
        ("m1", "pout", "smile"),
        ("m0", "none", "smile"),
    ]
    assert found[0].probability > found[1].probability


def test_a_temperature_changes_confidence_but_no_label():
    hot = evaluate(logits(*GIVEN), examples(*TRUE), LABELS, temperature=3.0)
    plain = evaluate(logits(*GIVEN), examples(*TRUE), LABELS)
    assert hot.confusion == plain.confusion
    assert hot.calibration_error_before == pytest.approx(plain.calibration_error)
    assert hot.calibration_error != pytest.approx(plain.calibration_error)


def test_no_pictures_give_no_numbers():
    nothing = evaluate(np.zeros((0, 4)), [], LABELS)
    assert nothing.accuracy.value is None
    assert nothing.accuracy.interval is None
    assert nothing.macro_f1 is None
    assert nothing.macro_f1_interval is None
    assert nothing.calibration_error is None
    assert nothing.mistakes == ()
    assert nothing.slices == {}


def test_an_evaluation_is_plain_json(evaluation):
    data = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert data["accuracy"]["count"] == 6
    assert data["slices"]["source"]["a"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert data["per_label"][0]["label"] == "none"


def test_logits_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 4\) do not fit 3 examples"):
        evaluate(np.zeros((2, 4)), examples("none", "pout", "smile"), LABELS)


def test_a_label_the_model_does_not_know_is_refused():
    with pytest.raises(ValueError, match="grin"):
        evaluate(np.zeros((1, 4)), examples("grin"), LABELS)
