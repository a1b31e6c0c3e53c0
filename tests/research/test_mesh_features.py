from __future__ import annotations

import numpy as np
import pytest

from drawing import drawn, save
from moue.errors import DataError
from research.common.landmarks import OUTER_LIPS
from research.mouth_classifier.development_data import Mouth
from research.mouth_classifier.mesh_features import FILE, features, measure, measured

LIPS = np.array([80, 90, 120, 105], np.float32)
MOUTH = Mouth(file="a.png", source="drawn", lips=LIPS)


def faces(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return face units and points of one face with random noise."""
    rng = np.random.default_rng(0)
    face = rng.normal(size=(478, 3))
    return rng.random((count, 52)), face + 0.02 * rng.normal(size=(count, 478, 3))


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    return points @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])


def test_features_are_invariant_to_similarity_transforms():
    units, points = faces(6)
    other = points.copy()
    other[3] = 7 * turned(points[3], 25) + [40, -9, 3]
    before, after = features(units, points), features(units, other)
    assert before.shape == (6, 224)
    np.testing.assert_allclose(before[3], after[3], atol=1e-3)


def test_a_missing_face_has_no_features():
    units, points = faces(4)
    alone = features(units[:3], points[:3])
    units[3], points[3] = np.nan, np.nan
    found = features(units, points)
    assert np.isnan(found[3]).all()
    np.testing.assert_allclose(found[:3], alone, rtol=1e-5)


def mesh_around(box: np.ndarray) -> np.ndarray:
    """Return (478, 3) points, in view fractions, whose lips fill a box."""
    points = np.full((478, 3), 0.5)
    points[OUTER_LIPS, :2] = np.linspace(box[:2], box[2:], len(OUTER_LIPS))
    return points


def test_points_are_in_pixels_of_the_picture(tmp_path):
    save(tmp_path / "a.png", drawn(height=200, width=200))
    # The first view is five mouths wide, and the lips lie 0.8 mouths below its middle.
    seen = mesh_around(np.array([0.4, 0.66 - 0.0375, 0.6, 0.66 + 0.0375]))
    units, points = measure(tmp_path, [MOUTH], lambda _: ({f"u{n}": 0.5 for n in range(52)}, seen))
    assert (units == 0.5).all()
    box = np.concatenate([points[0, OUTER_LIPS, :2].min(0), points[0, OUTER_LIPS, :2].max(0)])
    np.testing.assert_allclose(box, LIPS, atol=0.1)


def test_a_face_away_from_the_known_lips_is_ignored(tmp_path):
    save(tmp_path / "a.png", drawn(height=200, width=200))
    elsewhere = mesh_around(np.array([0.1, 0.1, 0.2, 0.2]))
    units, _ = measure(tmp_path, [MOUTH], lambda _: ({f"u{n}": 0.5 for n in range(52)}, elsewhere))
    assert np.isnan(units).all()


def test_missing_measurements_are_reported(tmp_path):
    with pytest.raises(DataError, match="research mesh-features"):
        measured(tmp_path, [MOUTH])
    np.savez(tmp_path / FILE, names=np.array(["other"]), features=np.zeros((1, 224)))
    with pytest.raises(DataError, match="lacks 1 mouths"):
        measured(tmp_path, [MOUTH])
    np.savez(tmp_path / FILE, names=np.array([MOUTH.name]), features=np.ones((1, 224)))
    assert (measured(tmp_path, [MOUTH]) == 1).all()
