"""MediaPipe's face mesh: a network that predicts 478 points of a face in 3D.

Its input is a square of 256 pixels around the face, rotated so that the eyes are level.

Source:
    Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019.
    The network is `face_landmarks_detector.tflite` of Google's face_landmarker.task (Apache-2.0),
    converted by `research/face_mesh`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from moue.geometry import Matrix, bounding_box, center, rotation_matrix
from moue.workspace.types import Image, Points

if TYPE_CHECKING:
    import onnxruntime

SIDE, POINTS = 256, 478
"""Side of the network input in pixels; number of points."""
MARGIN = 1.5
"""Side of the input square divided by the size of the face box."""
OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
"""The outer border of the lips: from the corner on the left in an upright picture along the lower
lip, then back along the upper lip, as the landmarks of the backend `moue`."""
OUTER_EYE_CORNERS = (33, 263)
"""The outer corners of the eyes, left and right in an upright picture."""
Floats = npt.NDArray[np.float32]


class FaceSquare(NamedTuple):
    """A rotated rectangle around a face, in pixels of the picture.

    Attributes:
        center: (2,) center.
        size: (2,) width and height; the network input stretches them to a square.
        roll: clockwise rotation of the head in degrees.
    """

    center: Points
    size: Points
    roll: float


class Mesh(NamedTuple):
    """The face mesh of one face.

    Attributes:
        points: (478, 3) float32 points in pixels of the picture; depth has the scale of x, and
            smaller values are nearer to the camera.
        presence: probability that the square shows a face.
    """

    points: Floats
    presence: float


def square_of_box(box: Points, roll: float) -> FaceSquare:
    """Return the input square of a face from its (4,) face box and its roll in degrees."""
    return FaceSquare(center(box), MARGIN * (box[2:] - box[:2]), roll)


def square_of_points(points: Floats) -> FaceSquare:
    """Return the input square of a face from its (478, 3) points, to measure it again."""
    flat = points[:, :2]
    roll = eye_roll(flat[list(OUTER_EYE_CORNERS)])
    # Row vectors: multiplying by the rotation matrix from the right rotates back by the roll.
    level = rotation_matrix(roll)
    box = bounding_box(flat @ level)
    side = MARGIN * float((box[2:] - box[:2]).max())
    middle = (level @ center(box)).astype(np.float32)
    return FaceSquare(middle, np.array([side, side], np.float32), roll)


def eye_roll(eyes: Points) -> float:
    """Return the clockwise roll in degrees of the line through (2, 2) eye points."""
    across, down = (float(n) for n in eyes[1] - eyes[0])
    return math.degrees(math.atan2(down, across))


def measure(
    network: onnxruntime.InferenceSession, rgb: Image, squares: list[FaceSquare]
) -> list[Mesh]:
    """Return the face meshes in squares of a picture.

    Args:
        network: session of the face mesh network.
        rgb: (H, W, 3) uint8 RGB picture.
        squares: squares around the faces.
    """
    meshes = []
    # One face at a time: a batch would take as long, and more memory.
    for square in squares:
        linear = rotation_matrix(square.roll) * (square.size / SIDE)
        start = square.center - linear @ np.full(2, SIDE / 2)
        points, presence = network.run(["points", "presence"], {"rgb": _crop(rgb, linear, start)})
        values = points.reshape(POINTS, 3)
        flat = values[:, :2] @ linear.T + start
        depth = values[:, 2:] * (square.size[0] / SIDE)
        mesh = np.concatenate([flat, depth], 1).astype(np.float32)
        logit = float(np.clip(presence, -60, 60).item())
        meshes.append(Mesh(mesh, 1 / (1 + math.exp(-logit))))
    return meshes


def _crop(rgb: Image, linear: Matrix, start: Matrix) -> Image:
    """Return the (1, SIDE, SIDE, 3) input: pixel p shows the point `linear @ p + start`."""
    # As in MediaPipe: its perspective transform rounds coordinates less than an affine one.
    matrix = np.vstack([np.column_stack([linear, start]), [0, 0, 1]])
    crop = cv2.warpPerspective(
        rgb,
        matrix,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, np.uint8)[None]
