"""Pseudo-labels for faces in whole pictures: boxes of YuNet, landmarks of a face mesh.

Needs the packages of research/synthetic_faces/requirements.txt, in an environment of their own. The
result is a JSON list of `{"file", "size", "faces": [{"box", "score", "points"}]}`: boxes are
YuNet's, xyxy; points are the 478 of the mesh, flat, or null where the mesh found no face.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from moue.geometry import bounding_box, center, center_inside, iou

SIDES = (1024, 384)
"""Longer sides of the input of YuNet; the smaller one finds close-ups."""
MIN_SCORE, FRAME_STEP = 0.3, 15
"""Minimum score of a face; interval of video frames."""
VIEWS = (1.8, 2.4, 1.4)
"""Sides of the views for the mesh, in face sizes; tried in order."""
SETS = ("landmarks68", "webscrape", "videos", "photos")
"""Folders of DATA; `photos`, a folder of other pictures for evaluation, is optional."""
Image = np.ndarray


def pictures(data: Path) -> Iterator[tuple[str, Image]]:
    """Yield every picture, and one frame in FRAME_STEP of the videos, as BGR."""
    for file in sorted(p for name in SETS for p in (data / name).glob("*")):
        if file.suffix == ".mp4":
            video, number = cv2.VideoCapture(str(file)), 0
            while (read := video.read())[0]:
                if number % FRAME_STEP == 0:
                    yield f"videos/{file.name}#{number}", read[1]
                number += 1
        elif (image := cv2.imread(str(file))) is not None:
            yield f"{file.parent.name}/{file.name}", image


def boxes(net: Any, image: Image) -> list[tuple[np.ndarray, float]]:
    """Return the boxes and scores of YuNet at all SIDES after NMS, by descending score."""
    rows = []
    for side in SIDES:
        # Enlarged at most twice, since more would add no detail.
        scale = min(2.0, side / max(image.shape[:2]))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)
        net.setInputSize((small.shape[1], small.shape[0]))
        found = net.detect(small)[1]
        for row in [] if found is None else found:
            rows.append((row[:4] / scale, float(row[14])))
    if not rows:
        return []
    kept = cv2.dnn.NMSBoxes([r[0].tolist() for r in rows], [r[1] for r in rows], MIN_SCORE, 0.4)
    return [(np.concatenate([b[:2], b[:2] + b[2:]]), s) for b, s in (rows[i] for i in kept)]


def measured(landmarker: Callable[..., Any], image: Image, box: np.ndarray) -> np.ndarray | None:
    """Return the (478, 2) mesh points of the face in a box; None if no mesh matches the box."""
    for size in VIEWS:
        side = size * float((box[2:] - box[:2]).max())
        scale = 256 / side
        start = 128 - scale * center(box)
        matrix = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        view = cv2.warpAffine(
            image, matrix, (256, 256), flags=interpolation, borderMode=cv2.BORDER_REPLICATE
        )
        # OpenCV reads BGR; the mesh expects RGB.
        seen = landmarker(view[..., ::-1])
        if seen is not None:
            points = (seen[1][:, :2] * 256 - start) / scale
            # The view may contain another face, which the mesh could find instead.
            if iou(bounding_box(points), box) > 0.45:
                return np.asarray(points)
    return None


def faces(net: Any, landmarker: Callable[..., Any], image: Image) -> list[dict[str, Any]]:
    """Return the faces of a picture, without boxes inside a face that the mesh found."""
    rows = [(box, score, measured(landmarker, image, box)) for box, score in boxes(net, image)]
    # A box without a mesh inside a measured face is a second detection of that face.
    measured_boxes = [bounding_box(p) for _, _, p in rows if p is not None]
    return [
        {
            "box": [round(float(v), 1) for v in box],
            "score": round(score, 3),
            "points": None if p is None else [round(float(v), 1) for v in p.ravel()],
        }
        for box, score, p in rows
        if p is not None or not any(center_inside(box, other) for other in measured_boxes)
    ]


def save_pseudo_labels(data: Path, yunet: Path, pseudo_labels: Path) -> None:
    """Label every picture with both teachers and write the JSON file."""
    from research.common.face_landmarker import FaceLandmarker

    cv2.setNumThreads(1)
    net = cv2.FaceDetectorYN.create(str(yunet), "", (320, 320), MIN_SCORE, 0.3)
    with FaceLandmarker() as landmarker:
        rows = [
            {"file": name, "size": [*image.shape[1::-1]], "faces": faces(net, landmarker, image)}
            for name, image in pictures(data)
        ]
    pseudo_labels.write_text(json.dumps(rows))
