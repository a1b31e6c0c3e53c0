"""The inputs of the exported networks: test vectors, and mouths with labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawing import drawn
from moue.dataset.crop import mouth_name
from moue.export import vectors
from moue.export.networks import CLASSIFIER, fixed_sides
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_square
from moue.files import write_bytes
from moue.media.image import encode_png
from moue.predict.predictor import AnyPredictor, Predictor
from moue.workspace.types import LABELS, Mouth
from moue.workspace.workspace import Workspace
from rows import face, sample


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six bundled pictures and three test vectors."""
    pictures = list(vectors.demo_pictures())[:6]
    monkeypatch.setattr(vectors, "VECTORS", 3)
    monkeypatch.setattr(vectors, "demo_pictures", lambda: iter(pictures))


def filled(workspace: Workspace, splits: list[str], labels: tuple[str, ...] = LABELS) -> Workspace:
    """A workspace with one drawn mouth for each split in a list."""
    with workspace.locked() as (catalog, _):
        for number, split in enumerate(splits):
            picture, one = drawn(number, 160, 160), sample(f"p{number}", width=160, height=160)
            catalog.add_samples([one])
            crop = crop_square(picture, face().mouth_box)
            write_bytes(workspace.mouth(mouth_name(one.name, 0)), encode_png(crop))
            mouth = Mouth(
                name=mouth_name(one.name, 0), sample=one.name, face=0, width=len(crop)
            )  # fmt: skip
            catalog.put_mouths(one.name, [mouth])
            label = labels[number % len(labels)]
            catalog.update_mouth(mouth.name, label=label, label_by="csv", split=split)
    return workspace


def test_the_test_set_measures_and_the_training_set_calibrates(
    predictor: AnyPredictor, workspace: Workspace
):
    filled(workspace, ["train"] * 5 + ["val"] * 2 + ["test"] * 4)
    tested = vectors.labelled_crops(predictor, workspace)
    assert len(tested.crops) == len(tested.labels) == 4
    assert tested.source == f"test set of the workspace {workspace.root.name}"
    calibration, measured = vectors.calibration_crops(predictor, workspace, tested)
    assert measured is tested
    assert len(calibration.crops) == 5
    assert calibration.source.startswith("training set")


@pytest.mark.usefixtures("few")
def test_without_a_training_set_one_half_calibrates(predictor: AnyPredictor, workspace: Workspace):
    filled(workspace, ["val"] * 7)
    tested = vectors.labelled_crops(predictor, workspace)
    assert tested.source.startswith("val set")
    calibration, measured = vectors.calibration_crops(predictor, workspace, tested)
    assert len(calibration.crops) == 3  # at most as many as vectors
    assert len(measured.crops) == 3
    for one in measured.crops:
        assert not any(np.array_equal(one, other) for other in calibration.crops)


@pytest.mark.usefixtures("few")
def test_other_labels_and_empty_workspaces_give_the_bundled_pictures(
    predictor: AnyPredictor, workspace: Workspace
):
    assert vectors.labelled_crops(predictor, None).source == "bundled pictures"
    assert vectors.labelled_crops(predictor, workspace).source == "bundled pictures"
    filled(workspace, ["test"] * 3, labels=("asleep", "awake"))
    found = vectors.labelled_crops(predictor, workspace)
    assert found.source == "bundled pictures"
    assert set(found.labels) <= set(LABELS)


def test_a_large_test_set_is_thinned_out(
    predictor: AnyPredictor, workspace: Workspace, monkeypatch
):
    monkeypatch.setattr(vectors, "MOST_LABELLED", 3)
    filled(workspace, ["test"] * 7)
    assert len(vectors.labelled_crops(predictor, workspace).crops) == 3


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("backend", ["moue", "mediapipe", "yunet"])
def test_vectors_have_the_fixed_sizes(backend, tmp_path: Path):
    predictor = Predictor.load("mouth", FaceSettings(backend=backend))
    sides = fixed_sides(predictor)
    found = vectors.make_vectors(predictor, sides)
    assert found.keys() == sides.keys()
    for name, values in found.items():
        assert len(values) == 3
        for value in values:
            assert value.dtype == np.uint8
            assert sides[name] in value.shape[1:3]
            assert value.shape.count(sides[name]) == 2
    assert found[CLASSIFIER][0].shape == (1, 48, 48, 3)
