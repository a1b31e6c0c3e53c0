"""Scenes of many faces, or of none, composed anew for each step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from research.face_detector import face_images, scene_images
from research.face_detector.face_images import Pixels
from research.face_detector.lip_samples import mirrored
from research.face_detector.photometric import degrade

SMALLEST = 9.0
"""Width of the smallest face taught, in pixels of the scene."""
WITHOUT_FACES, WHOLE, CLOSE = 0.2, 0.25, 0.2
"""Shares of scenes without a face, of whole pictures, and of one face that fills the scene."""
FEW_FACES, MANY_FACES = 3, 12
HARD_NEGATIVES, HARD_SHARE, TEXT_SHARE = "hard.npz", 0.25, 0.2
"""What `mine` wrote; shares of scenes around such a place, and of those with something written."""

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class SceneSources:
    """What scenes are made of; the fields are those of `faces.npz` and `wholes.npz`."""

    images: Pixels
    points: Floats
    pictures: list[Pixels]
    found: list[Floats]
    """For each picture (M, 27, 2) points; NaN but in the box where no teacher is sure."""
    hard: list[tuple[int, Floats]]
    """Pictures and (4,) boxes in them that were taken for faces and are none."""

    @property
    def without_faces(self) -> list[int]:
        """The pictures that hold no face."""
        return [i for i, found in enumerate(self.found) if not len(found)]


def load_sources(kept: Path) -> SceneSources:
    """Return what `faces.main` and `wholes.main` wrote."""
    with np.load(kept / face_images.FILE) as one, np.load(kept / scene_images.FILE) as many:
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

    The points of a face that must be neither taught nor taught against are NaN.
    """
    kind = rng.random()
    if sources.hard and rng.random() < HARD_SHARE:
        number, box = sources.hard[int(rng.integers(len(sources.hard)))]
        image, found = _part(sources, number, box.reshape(2, 2), side, rng)
    elif kind < WHOLE:
        image, found = _whole(sources, side, rng)
    else:
        image = _background(sources, empty, side, rng)
        found = np.empty((0, 7, 2), np.float32)
        if kind > WHOLE + WITHOUT_FACES:
            close = kind < WHOLE + WITHOUT_FACES + CLOSE
            count = (
                1
                if close
                else int(rng.integers(1, (FEW_FACES, MANY_FACES)[rng.random() < 0.3] + 1))
            )
            low, high = (0.4 * side, 1.05 * side) if close else (SMALLEST, 0.5 * side)
            image, found = _with_faces(image, sources, count, (low, high), rng)
    if rng.random() < TEXT_SHARE:
        image = _written(image, rng)
    sizes = found[:, 1, 0] - found[:, 0, 0]
    weak = 0.25 if len(sizes) and sizes.min() < 20 else 1.0
    return degrade(image, rng, weak), found


def _whole(sources: SceneSources, side: int, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    """Return a part of a picture at a scale at which one of its faces has a size to be taught."""
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
    scale = min(3.0, _size(SMALLEST, 0.8 * side, rng) / width)
    centre = middle[:2].mean(0) + rng.uniform(-0.4, 0.4, 2) * side / scale
    matrix = _turned(centre, scale, np.deg2rad(rng.normal(0, 8)), np.full(2, side / 2))
    if rng.random() < 0.5:
        image, points = _mirror(image, points)
        matrix[:, 2] = side / 2 - matrix[:, :2] @ [image.shape[1] - 1 - centre[0], centre[1]]
    made = _warp(image, matrix, side, cv2.BORDER_CONSTANT, float(rng.integers(0, 256)))
    moved = _moved(points, matrix)
    inside = (moved[:, :2].mean(1) > 0).all(1) & (moved[:, :2].mean(1) < side).all(1)
    sizes = moved[:, 1, 0] - moved[:, 0, 0]
    touching = (moved[:, 1] > 0).all(1) & (moved[:, 0] < side).all(1)
    unsure = touching & (~inside | (sizes < SMALLEST) | (sizes > 1.15 * side))
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
            across = face.shape[1] - 1 - points[[1, 0], 0]
            points = np.concatenate([np.stack([across, points[:2, 1]], 1), five])
        points = points[:7]
        size = _size(*sizes, rng)
        scale = size / float(points[1, 0] - points[0, 0])
        angle = np.deg2rad(np.clip(rng.normal(0, 14), -40, 40))
        reach = max(0.0, 0.5 - 0.35 * size / side) * side
        goal = side / 2 + rng.uniform(-reach, reach, 2)
        matrix = _turned(points[:2].mean(0), scale, angle, goal)
        moved = _moved(points[None], matrix)[0]
        if any(_near(moved, other) for other in placed):
            continue
        placed.append(moved.astype(np.float32))
        values = _pasted(values, face, points, matrix, rng)
        values = _covered(values, moved, rng)
    return np.asarray(values, np.uint8), np.stack(placed)


def _pasted(
    values: Floats, face: Pixels, points: Floats, matrix: Floats, rng: np.random.Generator
) -> Floats:
    """Return the scene with a face in it: as its square picture, or cut out with a soft edge."""
    side, length = values.shape[0], face.shape[0]
    mask = np.full((length, length), 255, np.uint8)
    if rng.random() < 0.5:
        mask[:] = 0
        centre, half = points[:2].mean(0), (points[1] - points[0]) * rng.uniform(0.5, 0.75)
        box = (tuple(map(float, centre)), tuple(map(float, 2 * half)), 0.0)
        cv2.ellipse(mask, box, 255, -1)
        reach = 2 * int(rng.integers(1, 12)) + 1
        mask = np.asarray(cv2.blur(mask, (reach, reach)), np.uint8)
    share = _warp(mask, matrix, side, cv2.BORDER_CONSTANT) / np.float32(255)
    pixels = _warp(face, matrix, side, cv2.BORDER_REPLICATE).astype(np.float32)
    if rng.random() < 0.4:
        pixels = (pixels - 128) * np.float32(rng.uniform(0.4, 1.2)) + np.float32(
            128 + rng.normal(0, 40)
        )
    return np.asarray((values * (1 - share) + pixels * share).clip(0, 255), np.float32)


def _covered(values: Floats, face: Floats, rng: np.random.Generator) -> Floats:
    """Return the scene with something before a part of the face, one time in six."""
    chance = rng.random()
    if chance > 0.16:
        return values
    low, high = face[:2]
    size, cover = high - low, float(rng.uniform(0, 255))
    if chance < 0.07:  # a mask, from the nose down
        a, b = np.array([low[0], face[4, 1] - 0.05 * size[1]]), high
    else:
        a = low + rng.uniform(-0.2, 0.9, 2) * size
        b = a + rng.uniform(0.1, 0.45, 2) * size
    mask = np.zeros(values.shape, np.uint8)
    box = (tuple(map(float, (a + b) / 2)), tuple(map(float, b - a)), float(rng.uniform(-20, 20)))
    cv2.fillPoly(mask, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255)
    return np.asarray(np.where(mask > 0, cover + 0.2 * (values - values.mean()), values))


def _background(
    sources: SceneSources, empty: list[int], side: int, rng: np.random.Generator
) -> Pixels:
    if rng.random() < 0.2:
        return _drawn(side, rng)
    picture = sources.pictures[int(rng.choice(empty))]
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    scale = side / min(picture.shape) * float(np.exp(rng.uniform(-0.3, 1.4)))
    height, width = picture.shape
    room = np.array([max(0.0, n - side / scale) for n in (width, height)]) / 2
    centre = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * room
    turn = np.deg2rad(rng.choice([0, 0, 0, 90, 180, 270]) + rng.normal(0, 5))
    return _warp(
        picture, _turned(centre, scale, turn, np.full(2, side / 2)), side, cv2.BORDER_REFLECT_101
    )


def _drawn(side: int, rng: np.random.Generator) -> Pixels:
    """Return noise of one grain, with rectangles, discs and letters on it."""
    grain = int(rng.integers(1, 32))
    small = rng.normal(128, rng.uniform(1, 60), (side // grain + 1,) * 2).clip(0, 255)
    image = cv2.resize(small.astype(np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 14))):
        x, y, reach, shade = (int(v) for v in rng.integers(0, side, 4))
        thick = int(rng.choice([-1, 1, 2, 4]))
        match int(rng.integers(4)):
            case 0:
                cv2.rectangle(image, (x, y), (x + reach // 3, y + reach // 5), shade, thick)
            case 1:
                cv2.circle(image, (x, y), reach // 6 + 1, shade, thick)
            case 2:
                cv2.line(image, (x, y), (reach, shade), shade, abs(thick))
            case _:
                text = "".join(chr(int(c)) for c in rng.integers(48, 122, 6))
                cv2.putText(image, text, (x, y), int(rng.integers(8)), reach / side, shade, 2)
    return np.asarray(image, np.uint8)


def _written(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the scene with letters or rings laid over it, as on pictures that are for sale."""
    side = image.shape[0]
    over = image.copy()
    for _ in range(int(rng.integers(1, 5))):
        x, y = (int(v) for v in rng.integers(0, side, 2))
        size, shade = _size(0.02 * side, 0.3 * side, rng), int(rng.choice([0, 255, 200, 90]))
        thick = max(1, round(size / 9))
        if rng.random() < 0.7:
            text = "".join(chr(int(c)) for c in rng.integers(33, 126, rng.integers(1, 9)))
            cv2.putText(over, text, (x, y), int(rng.integers(8)), size / 22, shade, thick)
        else:
            for turn in range(int(rng.integers(1, 4))):
                reach = max(1, round(size / 2 * (1 - 0.3 * turn)))
                start, arc = rng.integers(0, 360, 2)
                angles = (0.0, float(start), float(start + arc))
                cv2.ellipse(over, (x, y), (reach, reach), *angles, shade, thick)
    share = float(rng.uniform(0.15, 1))
    return np.asarray(cv2.addWeighted(over, share, image, 1 - share, 0), np.uint8)


def _size(low: float, high: float, rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _turned(source: Floats, scale: float, angle: float, goal: Floats) -> Floats:
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, goal - linear @ source])


def _warp(image: Pixels, matrix: Floats, side: int, border: int, fill: float = 0) -> Pixels:
    """Return the (side, side) view; reduced in steps first, so that nothing flickers."""
    scale = float(np.hypot(*matrix[:, 0]))
    while scale < 0.6 and min(image.shape) > 8:
        height, width = image.shape
        half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        image = np.asarray(half, np.uint8)
        factor = np.array([width / image.shape[1], height / image.shape[0]])
        # Pixel centres lie at halves, to OpenCV at whole numbers.
        shift = matrix[:, :2] @ ((factor - 1) / 2) + matrix[:, 2]
        matrix = np.column_stack([matrix[:, :2] * factor, shift])
        scale *= 2
    made = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill
    )
    return np.asarray(made, np.uint8)


def _moved(points: Floats, matrix: Floats) -> Floats:
    """Return (M, 7, 2) points moved; a turned box keeps its size around its centre."""
    scale = float(np.hypot(*matrix[:, 0]))
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    half = (points[:, 1] - points[:, 0]) * scale / 2
    centre = points[:, :2].mean(1) @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 0], moved[:, 1] = centre - half, centre + half
    return np.asarray(moved, np.float32)


def _mirror(image: Pixels, points: Floats) -> tuple[Pixels, Floats]:
    flipped = points[:, [0, 1, 3, 2, 4, 6, 5]]
    flipped[..., 0] = image.shape[1] - 1 - flipped[..., 0]
    flipped[:, :2, 0] = flipped[:, 1::-1, 0]
    return np.ascontiguousarray(image[:, ::-1]), flipped


def _near(one: Floats, other: Floats) -> bool:
    both = np.minimum(one[1], other[1]) - np.maximum(one[0], other[0])
    area = float(both.clip(0).prod())
    return area > 0.1 * min(float((v[1] - v[0]).prod()) for v in (one, other))
