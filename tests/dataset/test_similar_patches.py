"""Pairs of face patches that may be of one photograph, among many that share the mean face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from moue.dataset.similar_patches import (
    FREQUENCIES,
    MEAN_FACE,
    mirrored,
    patch_vectors,
    similar_pairs,
    without_mean_face,
)
from moue.face.face_patch import SIDE

ROWS, COLUMNS = np.array(FREQUENCIES).T


def faces(count, seed=0, strength=0.3):
    """Return (count, SIDE, SIDE) patches: the mean face and shades as strong as on real faces."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(count):
        shades = rng.normal(size=len(FREQUENCIES)) * strength * np.hypot(ROWS, COLUMNS) ** -0.9
        low = np.zeros((SIDE, SIDE), np.float32)
        low[ROWS, COLUMNS] = (MEAN_FACE + shades) * 1400
        drawn.append((cv2.idct(low) + 128).clip(0, 255).astype(np.uint8))
    return np.stack(drawn)


def moved(patch):
    """Return a patch as of a picture that was turned by a degree, shifted and saved again."""
    move = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 1, 1.02)
    move[:, 2] += 0.4
    return cv2.warpAffine(patch, move, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)


def test_vectors_of_different_faces_point_apart_without_the_mean_face():
    found = patch_vectors(faces(300))
    others = ~np.eye(len(found), dtype=bool)
    assert np.median((found @ found.T)[others]) > 0.2
    own = without_mean_face(found)
    assert abs(np.median((own @ own.T)[others])) < 0.1


def test_mirroring_commutes_with_subtracting_the_mean_face():
    patches = faces(20)
    turned = patch_vectors(np.ascontiguousarray(patches[:, :, ::-1]))
    np.testing.assert_allclose(
        without_mean_face(turned), mirrored(without_mean_face(patch_vectors(patches))), atol=1e-4
    )


@pytest.mark.parametrize("flipped", [False, True])
def test_shifted_copies_are_found_among_many_faces(flipped):
    patches = faces(3000)
    copies = np.stack([moved(one[:, ::-1] if flipped else one) for one in patches[:200]])
    pairs = list(similar_pairs(patch_vectors(np.concatenate([patches, copies]))))
    true = {(i, 3000 + i, flipped) for i in range(200)}
    assert len(true & set(pairs)) >= 198
    assert len(pairs) <= 300


def test_a_long_video_gives_a_bounded_number_of_pairs():
    film = faces(1, seed=1).repeat(1500, axis=0)
    noise = np.random.default_rng(0).normal(0, 3, film.shape)
    pairs = list(similar_pairs(patch_vectors((film + noise).clip(0, 255).astype(np.uint8))))
    assert len({pair[:2] for pair in pairs}) == len(pairs) <= 16 * 2 * 1500
    assert {one for pair in pairs for one in pair[:2]} == set(range(1500))


def test_fewer_than_two_patches_give_no_pair():
    assert list(similar_pairs(patch_vectors(faces(1)))) == []
    assert list(similar_pairs(patch_vectors(faces(1)[:0]))) == []
