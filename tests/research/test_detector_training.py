"""The training of the detector: targets of cells, and equal decoding in prediction."""

import numpy as np
import onnxruntime
import pytest
import torch

from moue.face import detector
from research.face_detector import compose_scenes, training_loop
from research.face_detector.detector_networks import CROP, Detector, Lips
from research.face_detector.export_detector import to_bytes
from research.face_detector.targets import decode, losses, targets


def face(left, top, size):
    """Return (7, 2): the corners of a box and five points."""
    parts = [(0, 0), (1, 1), (0.3, 0.35), (0.7, 0.35), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    return np.array(parts, np.float32) * size + np.array([left, top], np.float32)


@pytest.mark.parametrize("size", [9, 20, 35, 60, 90, 150, 300])
def test_a_face_of_any_size_is_assigned_to_a_central_cell(size):
    found = targets(face(5, 8, size)[None], 320)
    answering = found.values[found.kind == 1]
    assert len(answering)
    assert (answering == face(5, 8, size).ravel()).all()


def test_an_uncertain_face_is_ignored_in_the_loss():
    uncertain = face(100, 100, 80)
    uncertain[2:] = np.nan
    found = targets(uncertain[None], 320)
    assert set(found.kind.tolist()) == {0, -1}
    assert not np.isnan(found.values).any()


def test_a_batch_without_faces_has_a_loss():
    found = targets(np.empty((0, 7, 2), np.float32), 64)
    kind, values = (torch.from_numpy(part)[None] for part in found)
    parts = losses(Detector()(torch.rand(1, 1, 64, 64)), kind, values)
    assert all(torch.isfinite(part) for part in parts.values())
    assert parts["points"] == parts["box"] == 0


def test_decoding_is_the_same_in_training_and_detection():
    torch.manual_seed(0)
    network = Detector().eval()
    session = onnxruntime.InferenceSession(to_bytes(network, 64, free=True))
    grey = np.random.default_rng(0).integers(0, 256, (96, 96), np.uint8)
    found = detector.detect(session, grey, 1e-4)  # untrained, every score is low
    with torch.inference_mode():
        logits, boxes, points = decode(network(torch.from_numpy(grey)[None, None].float() / 255))
    assert found.scores == pytest.approx(torch.sigmoid(logits)[0].numpy(), abs=1e-5)
    assert found.boxes == pytest.approx(boxes[0].numpy(), abs=1e-2)
    assert found.keypoints.reshape(-1, 10) == pytest.approx(points[0].numpy(), abs=1e-2)


def step(network, rng):
    grey = torch.from_numpy(rng.random((2, 1, CROP, CROP), np.float32))
    return {"seen": network(grey).square().mean()}


def trained(steps, file, start=None):
    torch.manual_seed(0)
    return training_loop.train(Lips(), step, steps, 1e-3, file, start).state_dict()


def test_a_resumed_training_gives_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(training_loop, "_schedule", lambda done: 1.0)  # independent of the end
    trained(2, tmp_path / "lips.pt")
    resumed, whole = trained(4, tmp_path / "lips.pt"), trained(4, tmp_path / "whole.pt")
    assert all(torch.equal(value, whole[name]) for name, value in resumed.items())


def test_a_training_starts_from_the_weights_of_another(tmp_path):
    trained(3, tmp_path / "first.pt")
    again = trained(0, tmp_path / "second.pt", start=tmp_path / "first.pt")
    kept = training_loop.ema_weights(tmp_path / "first.pt")
    assert all(torch.equal(value, kept[name]) for name, value in again.items())


@pytest.fixture
def sources():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 64, 64), np.uint8)
    points = np.concatenate([np.stack([face(12, 12, 40)] * 3), np.zeros((3, 20, 2))], 1)
    pictures = [rng.integers(0, 256, (90, 120), np.uint8) for _ in range(3)]
    found = [points[:1], np.empty((0, 27, 2)), np.empty((0, 27, 2))]
    hard = [(1, np.array([30, 20, 60, 50], np.float32))]
    return compose_scenes.SceneSources(images, points, pictures, found, hard)


def test_scenes_have_their_size_and_face_boxes(sources):
    rng, seen = np.random.default_rng(1), 0
    for _ in range(40):
        image, found = compose_scenes.scene(sources, sources.without_faces, 128, rng)
        assert image.shape == (128, 128)
        assert image.dtype == np.uint8
        for one in found[~np.isnan(found[:, 2, 0])]:
            seen += 1
            middle, reach = one[:2].mean(0), (one[1] - one[0]) * 0.75
            assert (np.abs(one[2:] - middle) < reach).all()
    assert seen > 10


def test_hard_negatives_are_shown_without_a_face(sources):
    number, box = sources.hard[0]
    rng = np.random.default_rng(2)
    for _ in range(10):
        image, found = compose_scenes._part(sources, number, box.reshape(2, 2), 128, rng)
        assert len(found) == 0
        assert np.ptp(image[32:96, 32:96]) > 100
