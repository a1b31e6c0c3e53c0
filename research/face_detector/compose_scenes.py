"""Compose a new training scene for each step: many faces, one face or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from research.face_detector import face_images, scene_images
from research.face_detector.arrays import Pixels
from research.face_detector.lip_samples import mirrored
from research.face_detector.photometric import degrade
from research.face_detector.scene_overlays import cover_face, draw_background, draw_text, paste_face
from research.face_detector.scene_transforms import (
    Floats,
    log_uniform,
    mirror_picture,
    move_points,
    similarity_matrix,
    warp,
)

MIN_WIDTH = 9.0
"""Minimum width of a training face, in pixels of the scene."""
EMPTY_FRACTION, WHOLE_FRACTION, CLOSE_FRACTION = 0.2, 0.25, 0.2
"""Fractions of scenes without faces, of whole pictures, and of scenes filled by one face."""
FEW_FACES, MANY_FACES = 3, 12
HARD_NEGATIVES, HARD_FRACTION, TEXT_FRACTION = "hard.npz", 0.25, 0.2
"""File name of `hard_negatives`; fractions of scenes with a hard negative and with text."""


@dataclass(frozen=True, slots=True)
class SceneSources:
    """The pictures that scenes are composed of.

    Attributes:
        images, points: Face images of `face_images`, with their points.
        pictures: Whole pictures of `scene_images`.
        found: (M, 27, 2) points of each picture; all but the box are NaN for uncertain faces.
        hard: Pairs of a picture index and the (4,) box of a false positive in that picture.
    """

    images: Pixels
    points: Floats
    pictures: list[Pixels]
    found: list[Floats]
    hard: list[tuple[int, Floats]]

    @property
    def without_faces(self) -> list[int]:
        """The indices of the pictures without a face."""
        return [i for i, found in enumerate(self.found) if not len(found)]


def load_sources(kept: Path) -> SceneSources:
    """Load the data that the steps `face-images`, `scene-images` and `hard-negatives` wrote."""
    with np.load(kept / face_images.FILE) as one, np.load(kept / scene_images.FILE) as many:
        # The pictures have different sizes, so the file stores their pixels one after the other.
        ends = np.cumsum([int(np.prod(shape)) for shape in many["shapes"]])[:-1]
        flat = np.split(many["pixels"], ends)
        pictures = [p.reshape(shape) for p, shape in zip(flat, many["shapes"], strict=True)]
        found = [many["faces"][many["of"] == i] for i in range(len(pictures))]
        return SceneSources(
            one["images"], one["points"], pictures, found, _hard(kept / HARD_NEGATIVES)
        )


def _hard(file: Path) -> list[tuple[int, Floats]]:
    if not file.exists():
        return []
    with np.load(file) as mined:
        return list(zip(mined["of"].tolist(), mined["boxes"], strict=True))


def scene(
    sources: SceneSources, empty: list[int], side: int, rng: np.random.Generator
) -> tuple[Pixels, Floats]:
    """Return a (side, side) grey scene and (M, 7, 2) faces in it: box corners, five points.

    The points of a face that does not count in the loss are NaN.
    """
    kind = rng.random()
    if sources.hard and rng.random() < HARD_FRACTION:
        number, box = sources.hard[int(rng.integers(len(sources.hard)))]
        image, found = _part(sources, number, box.reshape(2, 2), side, rng)
    elif kind < WHOLE_FRACTION:
        image, found = _whole(sources, side, rng)
    else:
        image = _background(sources, empty, side, rng)
        found = np.empty((0, 7, 2), np.float32)
        if kind > WHOLE_FRACTION + EMPTY_FRACTION:
            close = kind < WHOLE_FRACTION + EMPTY_FRACTION + CLOSE_FRACTION
            count = (
                1
                if close
                else int(rng.integers(1, (FEW_FACES, MANY_FACES)[rng.random() < 0.3] + 1))
            )
            low, high = (0.4 * side, 1.05 * side) if close else (MIN_WIDTH, 0.5 * side)
            image, found = _with_faces(image, sources, count, (low, high), rng)
    if rng.random() < TEXT_FRACTION:
        image = draw_text(image, rng)
    # Strong blur, noise or compression would erase a face of less than 20 pixels.
    sizes = found[:, 1, 0] - found[:, 0, 0]
    weak = 0.25 if len(sizes) and sizes.min() < 20 else 1.0
    return degrade(image, rng, weak), found


def _whole(sources: SceneSources, side: int, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    """Return a part of a picture, scaled so that one of its faces has a training size."""
    with_faces = [i for i, found in enumerate(sources.found) if len(found)]
    number = int(rng.choice(with_faces))
    points = sources.found[number]
    return _part(sources, number, points[int(rng.integers(len(points)))], side, rng)


def _part(
    sources: SceneSources, number: int, middle: Floats, side: int, rng: np.random.Generator
) -> tuple[Pixels, Floats]:
    """Return a part of a picture around a box, whose corners are the first rows of `middle`."""
    image, points = sources.pictures[number], sources.found[number][:, :7]
    width = float(middle[1, 0] - middle[0, 0])
    # Enlarged at most three times, since more would add no detail.
    scale = min(3.0, log_uniform(MIN_WIDTH, 0.8 * side, rng) / width)
    # side / scale is the side of the scene in pixels of the picture.
    centre = middle[:2].mean(0) + rng.uniform(-0.4, 0.4, 2) * side / scale
    matrix = similarity_matrix(centre, scale, np.deg2rad(rng.normal(0, 8)), np.full(2, side / 2))
    if rng.random() < 0.5:
        image, points = mirror_picture(image, points)
        # The mirrored centre must also land in the middle of the scene.
        matrix[:, 2] = side / 2 - matrix[:, :2] @ [image.shape[1] - 1 - centre[0], centre[1]]
    made = warp(image, matrix, side, cv2.BORDER_CONSTANT, float(rng.integers(0, 256)))
    moved = move_points(points, matrix)
    inside = (moved[:, :2].mean(1) > 0).all(1) & (moved[:, :2].mean(1) < side).all(1)
    sizes = moved[:, 1, 0] - moved[:, 0, 0]
    touching = (moved[:, 1] > 0).all(1) & (moved[:, 0] < side).all(1)
    # A face that is tiny, too large or has its centre outside is neither a target nor background.
    unsure = touching & (~inside | (sizes < MIN_WIDTH) | (sizes > 1.15 * side))
    moved[unsure, 2:] = np.nan
    return made, moved[touching]


def _with_faces(
    image: Pixels,
    sources: SceneSources,
    count: int,
    sizes: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Pixels, Floats]:
    side, values = image.shape[0], image.astype(np.float32)
    placed: list[Floats] = []
    for _ in range(count):
        number = int(rng.integers(len(sources.images)))
        face, points = sources.images[number], sources.points[number]
        if rng.random() < 0.5:
            face, five, _ = mirrored(face, points[2:7], points[7:])
            # The left corner of the mirrored box is the old right one, hence [1, 0].
            across = face.shape[1] - 1 - points[[1, 0], 0]
            points = np.concatenate([np.stack([across, points[:2, 1]], 1), five])
        points = points[:7]
        size = log_uniform(*sizes, rng)
        scale = size / float(points[1, 0] - points[0, 0])
        angle = np.deg2rad(np.clip(rng.normal(0, 14), -40, 40))
        # Large faces move less, so that most of each face stays in the scene.
        reach = max(0.0, 0.5 - 0.35 * size / side) * side
        goal = side / 2 + rng.uniform(-reach, reach, 2)
        matrix = similarity_matrix(points[:2].mean(0), scale, angle, goal)
        moved = move_points(points[None], matrix)[0]
        # The first face is always placed, so `placed` is not empty.
        if any(_overlap(moved, other) for other in placed):
            continue
        placed.append(moved.astype(np.float32))
        values = paste_face(values, face, points, matrix, rng)
        values = cover_face(values, moved, rng)
    return np.asarray(values, np.uint8), np.stack(placed)


def _background(
    sources: SceneSources, empty: list[int], side: int, rng: np.random.Generator
) -> Pixels:
    if rng.random() < 0.2:
        return draw_background(side, rng)
    picture = sources.pictures[int(rng.choice(empty))]
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    scale = side / min(picture.shape) * float(np.exp(rng.uniform(-0.3, 1.4)))
    height, width = picture.shape
    # The centre moves only as far as the view stays inside the picture.
    room = np.array([max(0.0, n - side / scale) for n in (width, height)]) / 2
    centre = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * room
    # Half of the backgrounds stay upright; the others need not, since they contain no faces.
    turn = np.deg2rad(rng.choice([0, 0, 0, 90, 180, 270]) + rng.normal(0, 5))
    return warp(
        picture,
        similarity_matrix(centre, scale, turn, np.full(2, side / 2)),
        side,
        cv2.BORDER_REFLECT_101,
    )


def _overlap(one: Floats, other: Floats) -> bool:
    both = np.minimum(one[1], other[1]) - np.maximum(one[0], other[0])
    area = float(both.clip(0).prod())
    return area > 0.1 * min(float((v[1] - v[0]).prod()) for v in (one, other))
