from __future__ import annotations

import numpy as np
import pytest

from moue.errors import ModelError
from moue.workspace.types import LABELS
from research.mouth_classifier.development_data import Mouth
from research.mouth_classifier.fit_network import TrainingSet
from research.mouth_classifier.holdout_scores import HeldOutPredictions, fit, score_row, share_row
from research.mouth_classifier.student_dataset import RENDERED, Data, student_training_set
from research.mouth_classifier.teacher_outputs import load_teacher, save_teachers

NAMES = ["c.jpg", "a.jpg", "b.jpg"]
MOUTHS = [Mouth(file=name, source="drawn") for name in NAMES]


def stored(tmp_path):
    logs = np.log(np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1]]))
    save_teachers({"all": logs.astype(np.float32)}, NAMES, tmp_path / "t.npz")
    return tmp_path / "t.npz"


def test_outputs_follow_the_order_of_the_mouths(tmp_path):
    path = stored(tmp_path)
    found = load_teacher("all", MOUTHS, path)
    assert found.argmax(1).tolist() == [0, 1, 2]
    assert load_teacher("all", MOUTHS[::-1], path).argmax(1).tolist() == [2, 1, 0]
    assert found.sum(1) == pytest.approx(1, abs=1e-5)


def test_outputs_of_other_mouths_are_refused(tmp_path):
    with pytest.raises(ModelError, match="belong to other mouths"):
        load_teacher("all", MOUTHS[:2], stored(tmp_path))


def test_the_same_outputs_give_the_same_bytes(tmp_path):
    first = stored(tmp_path).read_bytes()
    assert stored(tmp_path).read_bytes() == first


HEADS = TrainingSet(
    pixels=np.full((4, 112, 112, 3), 9, np.uint8),
    soft_labels=np.eye(4, dtype=np.float32),
    sample_weights=np.full(4, RENDERED / 4, np.float32),
)


def data(count: int = 40) -> Data:
    rng = np.random.default_rng(0)
    mouths = [
        Mouth(
            file=f"{n}.jpg",
            source="drawn" if n % 2 else "other",
            person=f"p{n % 10}",
            label=LABELS[n % 4] if n % 3 else None,
            target=(0.35, 0.65, 0.0, 0.0) if n == 1 else None,
        )
        for n in range(count)
    ]
    pixels = rng.integers(0, 255, (count, 112, 112, 3), np.uint8)
    return Data(None, mouths, pixels, HEADS)  # type: ignore[arg-type]


def test_the_training_set_contains_allowed_mouths_and_uniform_targets_without_a_mouth():
    whole = data()
    allowed = whole.sources == "drawn"
    teacher = np.full((40, 4), 0.25, np.float32)
    found = student_training_set(whole, allowed, teacher)
    # Each of the allowed mouths, two crops of each without a visible mouth, and the heads.
    assert len(found.pixels) == 3 * allowed.sum() + len(HEADS.pixels)
    assert (found.pixels[-4:] == 9).all()
    assert (found.pixels[: allowed.sum()] == whole.pixels[allowed]).all()
    assert found.sample_weights.sum() == pytest.approx(1, abs=1e-5)
    assert (found.soft_labels[allowed.sum() : -4] == 0.25).all()
    assert found.soft_labels.sum(1) == pytest.approx(1, abs=1e-5)


def test_a_mild_pout_is_marked():
    assert np.nonzero(data().mild)[0].tolist() == [1]


def test_persons_stay_in_one_part():
    whole = data()
    part = whole.part(0, 3)
    assert all(part[n] == part[n % 10] for n in range(40))


def test_thresholds_of_a_fold_come_from_the_other_folds():
    whole = data(400)
    logits = np.eye(4, dtype=np.float32)[np.maximum(whole.labels, 0)] * 6
    folds = [whole.sources == "drawn", whole.sources == "other"]
    rows = HeldOutPredictions(whole, [logits]).calibration_rows(folds)
    values = {row["measure"]: row["value"] for row in rows}
    assert values["error of the answers at a maximum error of 0.05"] == 0
    assert values["coverage at a maximum error of 0.05"] == 1


def test_a_row_states_its_interval():
    assert score_row("x", "y", [0.5, 0.7], None, 9)["low"] == pytest.approx(0.4)
    row = share_row("x", "y", [0.0], 50)
    assert row["low"] == 0 < row["high"] < 0.1


def test_a_temperature_is_fitted():
    temperature, thresholds = fit(
        np.eye(4, dtype=np.float32)[[0, 1, 2, 3] * 50] * 3, np.arange(200) % 4
    )
    assert temperature > 0
    assert dict(thresholds)[0.05] <= 1
