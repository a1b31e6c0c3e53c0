"""The backend `mediapipe`: MediaPipe's face detector and face mesh, without its package.

Both networks are under the Apache License 2.0. They need colour and give 478 points of a face, of
which moue keeps the outer border of the lips. `research/face_mesh` converts them; its test compares
the points with those of the package `mediapipe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from moue.face import blazeface, face_mesh
from moue.face.blazeface import Tile
from moue.face.detection import Detector, LocalDetector, RawDetection, remove_duplicates
from moue.face.face_mesh import FaceSquare, Mesh
from moue.geometry import bounding_box, center_inside, square_around
from moue.model import bundled
from moue.workspace.types import Image, Points

if TYPE_CHECKING:
    import onnxruntime

MODELS = bundled.FOLDER / "face_mesh"
"""Folder of the networks of the backend, each with its model card."""
DETECTOR, MESH = "blazeface", "mesh"
"""Names of the networks in `MODELS`."""
MIN_PRESENCE = 0.5
"""Minimum probability that a square shows a face; the default of MediaPipe."""
TILES = (480, 240)
"""Sides of the tiles that are searched for smaller faces, in pixels of the reduced picture."""


def mediapipe_detector() -> Detector:
    """Return the detector of the backend `mediapipe`.

    Its score is the product of the scores of both networks, from 0 to 1. The landmarks are (20, 2)
    points on the outer border of the lips, in the order of the backend `moue`.

    Raises:
        ModelError: a model file is missing or has another checksum.
    """
    detector, mesh = network(DETECTOR), network(MESH)

    def locate(rgb: Image) -> list[RawDetection]:
        faces: list[RawDetection] = []
        for tiles in _searches(rgb):
            found = blazeface.detect(detector, rgb, tiles)
            # A tile may cut a face that a search of larger tiles has found.
            new = [i for i, box in enumerate(found.boxes) if not _known(box, faces)]
            squares = [
                face_mesh.square_of_box(found.boxes[i], face_mesh.eye_roll(found.keypoints[i, :2]))
                for i in new
            ]
            faces += _faces(mesh, rgb, squares, found.scores[new].tolist())
        return remove_duplicates(faces)

    return locate


def mediapipe_local_detector() -> LocalDetector:
    """Return the local detector of the backend `mediapipe`, which needs only the face mesh.

    Raises:
        ModelError: a model file is missing or has another checksum.
    """
    mesh = network(MESH)

    def follow(rgb: Image, box: Points) -> RawDetection | None:
        # The roll is unknown, so the square of the previous box is measured first.
        first = face_mesh.square_of_box(square_around(box), 0.0)
        (rough,) = face_mesh.measure(mesh, rgb, [first])
        if rough.presence < MIN_PRESENCE:
            return None
        faces = _faces(mesh, rgb, [face_mesh.square_of_points(rough.points)], [1.0])
        # A face whose center has left the previous box counts as another one.
        return faces[0] if faces and center_inside(faces[0].box, box) else None

    return follow


def _searches(rgb: Image) -> list[list[Tile]]:
    """Return the tiles of each search: the whole picture, then smaller and smaller tiles."""
    sides = [side for side in TILES if max(rgb.shape) > 1.5 * side]
    return [[blazeface.whole(rgb)], *(blazeface.overlapping_tiles(rgb, side) for side in sides)]


def _known(box: Points, faces: Sequence[RawDetection]) -> bool:
    return any(center_inside(box, face.box) or center_inside(face.box, box) for face in faces)


@lru_cache
def network(name: str) -> onnxruntime.InferenceSession:
    """Return a network of `MODELS`, which is verified and loaded once per process.

    Raises:
        ModelError: the model file is missing or has another checksum.
    """
    import onnxruntime  # the import takes 0.1 s, and many commands need no network

    data = bundled.read_verified(bundled.load_card(name, MODELS), bundled.ONNX, MODELS)
    options = onnxruntime.SessionOptions()
    # One thread: moue uses several cores by processes, each with its own networks.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _faces(
    mesh: onnxruntime.InferenceSession,
    rgb: Image,
    squares: Sequence[FaceSquare],
    scores: Sequence[float],
) -> list[RawDetection]:
    """Measure the faces in squares of a picture; leave out squares that show no face."""
    meshes = face_mesh.measure(mesh, rgb, list(squares))
    return [
        _detection(one, score)
        for one, score in zip(meshes, scores, strict=True)
        if one.presence >= MIN_PRESENCE
    ]


def _detection(mesh: Mesh, score: float) -> RawDetection:
    flat = mesh.points[:, :2]
    lips = flat[list(face_mesh.OUTER_LIPS)]
    # The line through the eyes stays level when the mouth is drawn to one side.
    roll = face_mesh.eye_roll(flat[list(face_mesh.OUTER_EYE_CORNERS)])
    return RawDetection(bounding_box(flat), score * mesh.presence, bounding_box(lips), lips, roll)
