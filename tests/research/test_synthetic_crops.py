from __future__ import annotations

import numpy as np
import pytest

from drawing import drawn
from research.mouth_classifier.crops import SIDE
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

COUNT = 20


def squares(seed: int = 0) -> np.ndarray:
    return np.stack([drawn(seed + n, SIDE, SIDE) for n in range(COUNT)])


def made(kind: str, seed: int) -> np.ndarray:
    if kind == "hidden":
        return occluded_mouths(squares(), squares(COUNT), seed)
    return off_mouth_crops(squares(), seed)


@pytest.mark.parametrize("kind", ["hidden", "elsewhere"])
def test_a_seed_determines_the_synthetic_squares(kind):
    pixels = made(kind, 3)
    assert pixels.shape == (COUNT, SIDE, SIDE, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == made(kind, 3)).all()
    assert (pixels != made(kind, 4)).any()


@pytest.mark.parametrize("kind", ["hidden", "elsewhere"])
def test_a_picture_does_not_depend_on_later_ones(kind):
    whole = made(kind, 0)
    few = squares()[:3]
    alone = occluded_mouths(few, squares(COUNT), 0) if kind == "hidden" else off_mouth_crops(few, 0)
    assert (whole[:3] == alone).all()


def test_a_hidden_mouth_is_covered_at_its_centre():
    covered = occluded_mouths(np.zeros((COUNT, SIDE, SIDE, 3), np.uint8), squares(), 0)
    assert (covered[:, SIDE // 2, SIDE // 2].max(1) > 0).all()
    assert (covered[:, :8, :8] == 0).all()
    assert (covered[:, :8, -8:] == 0).all()


def test_background_pieces_do_not_contain_the_mouth():
    pixels = np.zeros((200, SIDE, SIDE, 3), np.uint8)
    pixels[:, 38:74, 38:74] = 255
    assert (off_mouth_crops(pixels, 0) == 0).all()
