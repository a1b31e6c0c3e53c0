"""Training samples and losses of the lip networks."""

import numpy as np
import pytest
import torch

from moue.face import lip_landmarks
from moue.geometry import iou
from research.face_detector import lip_losses, lip_samples
from research.face_detector.detector_networks import CROP
from research.face_detector.lower_face_samples import box_sample
from research.face_detector.mouth_shapes import SHAPES, shapes, weights

ROUND = np.linspace(0, 2 * np.pi, 20, endpoint=False)
OUTLINE = np.stack([-np.cos(ROUND), np.sin(ROUND)], 1)
"""An outline of 20 points: the left corner first, then the lower lip."""


def face(rng):
    """Return a grey picture and its (27, 2) points; the lips are white."""
    five = np.array([[70, 80], [150, 80], [110, 120], [85, 160], [135, 160]])
    lips = np.array([110, 160]) + OUTLINE * (25, 10)
    points = np.concatenate([[[40, 30], [180, 210]], five, lips]).astype(np.float32)
    image = rng.integers(0, 60, (224, 224), np.uint8)
    image[150:171, 85:136] = 255
    return image, points


def pixels(lips):
    return (lips + 0.5) * CROP


@pytest.mark.parametrize("tight", [0.0, 1.0])
def test_a_sample_contains_the_lips_where_its_landmarks_are(tight):
    rng = np.random.default_rng(1)
    image, points = face(rng)
    for _ in range(20):
        crop, lips, seen = lip_samples.sample(image, points, rng, tight)
        assert crop.shape == (CROP, CROP)
        assert crop.dtype == np.uint8
        if not seen:
            continue
        x, y = np.round(pixels(lips).mean(0)).astype(int)
        assert crop[y - 1 : y + 2, x - 1 : x + 2].mean() >= crop.mean()
        assert pixels(lips)[0, 0] < pixels(lips)[10, 0]


def test_a_tight_view_shows_the_lips_larger():
    rng = np.random.default_rng(2)
    image, points = face(rng)
    width = {
        tight: np.median(
            [np.ptp(lip_samples.sample(image, points, rng, tight).lips[:, 0]) for _ in range(30)]
        )
        for tight in (0.0, 1.0)
    }
    assert width[1.0] == pytest.approx(1 / lip_landmarks.TIGHT_MARGIN, rel=0.15)
    assert width[1.0] > 1.3 * width[0.0]


@pytest.mark.parametrize("tight", [0.0, 1.0])
def test_a_sample_of_a_lower_face_leads_back_to_its_box(tight):
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (112, 112), np.uint8)
    box, corners = np.array([35, 45, 75, 63]), np.array([[35, 52], [75, 56]])
    for _ in range(10):
        one = box_sample(image, box.astype(np.float32), corners.astype(np.float32), rng, tight)
        back = one.corners @ one.back[:, :2].T + one.back[:, 2]
        # The corners lie on the left and right border of the box, mirrored or not.
        assert back[:, 0] == pytest.approx(one.box[[0, 2]], abs=1e-4)
        assert iou(one.box, box / 112) > 0.5


def test_exact_landmarks_have_no_loss():
    lips = torch.from_numpy(OUTLINE[None] * 0.3).float()
    found = torch.cat([torch.full((1, 1), 20.0), lips.flatten(1)], 1)
    parts = lip_losses.outline_losses(found, lips, torch.ones(1))
    back = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    box = torch.cat([lips.amin(1), lips.amax(1)], 1)
    parts |= lip_losses.box_losses(found, lips[:, lip_losses.CORNERS], back, box)
    assert all(value.item() == pytest.approx(0, abs=1e-5) for value in parts.values())


def test_shapes_follow_the_scores_and_rare_shapes_weigh_more():
    scores = np.array([[0, 0, 0, 0], [0, 0, 0, 0.8], [0.6, 0.6, 0.5, 0], [0.1, 0, 0.5, 0]])
    kinds = shapes(scores.astype(np.float32))
    assert [SHAPES[k] for k in kinds] == ["none", "pout", "smile", "open"]
    assert kinds.tolist() == sorted(kinds.tolist())
    sizes = np.array([[40, 15]] * 4 + [[40, 38]], np.float32)
    weighted = weights(np.append(kinds, 3), sizes)
    assert weighted.argmin() == 0
    assert weighted[4] > weighted[3] > weighted[0]
