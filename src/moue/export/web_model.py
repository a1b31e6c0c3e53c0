"""The model of the web page: `model.json` and the ONNX files that it names.

`moue.js` contains no threshold and no size of its own: it reads them from `model.json`, where this
module writes the constants of face detection, of the mouth crop and of `moue live`. So the page
always computes what Python computes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import moue
from moue.errors import ExportError
from moue.export.networks import describe_files, describe_model, networks_of
from moue.face import backends, detector, lip_landmarks, main_face, mouth_crop, rotated_search
from moue.face.backend_table import BACKENDS
from moue.face.backends import resolve_backend
from moue.live import tracker
from moue.live.live_settings import LiveSettings
from moue.live.watch import ROTATED_SEARCH_INTERVAL
from moue.model import bundled
from moue.predict.predictor import AnyPredictor

FORMAT = 1
"""Version of the format of `model.json`."""
SUPPORTED = "moue"
"""The face backend that `moue.js` implements."""


@dataclass(frozen=True, slots=True)
class WebModel:
    """The files of a model for the web page.

    Attributes:
        description: content of `model.json`.
        networks: content of each ONNX file, by file name.
    """

    description: dict[str, Any]
    networks: dict[str, bytes]

    def files(self) -> dict[str, bytes]:
        """Return the content of all files by name, including `model.json`."""
        text = json.dumps(self.description, ensure_ascii=False, indent=1) + "\n"
        return {"model.json": text.encode(), **self.networks}


def web_model(predictor: AnyPredictor) -> WebModel:
    """Return the classifier and the face networks of a predictor with their description.

    Raises:
        ExportError: the predictor uses a face backend that `moue.js` does not have.
        ModelError: the file of a face network is missing or has another checksum.
    """
    backend = resolve_backend(predictor.face)
    if backend != SUPPORTED:
        raise ExportError(
            f"{predictor.classifier.where}: uses the face backend {backend}, but the web page has "
            f"only the backend {SUPPORTED}; choose a model that was trained with it, such as "
            f"--model {bundled.DEFAULT}"
        )
    networks = networks_of(predictor)
    description = {
        "format": FORMAT,
        "moue": moue.__version__,
        "model": describe_model(predictor),
        "files": describe_files(networks),
        "face": _face(predictor),
        "live": _live(),
    }
    return WebModel(description, {f"{name}.onnx": data for name, data in networks.items()})


def _face(predictor: AnyPredictor) -> dict[str, Any]:
    backend = BACKENDS[SUPPORTED]
    return {
        "backend": SUPPORTED,
        "side": backend.side,
        "min_face": backend.min_face,
        "min_side": backends.MIN_SIDE,
        "local_roll": backends.LOCAL_ROLL,
        "local_scale": backends.LOCAL_SCALE,
        "local_side": backends.LOCAL_SIDE,
        "crop_scale": predictor.face.crop_scale,
        "upright_from": mouth_crop.UPRIGHT_FROM,
        "min_weight": main_face.MIN_WEIGHT,
        "strides": list(detector.STRIDES),
        "min_score": detector.MIN_SCORE,
        "confident_score": detector.CONFIDENT_SCORE,
        "upright_score": detector.UPRIGHT_SCORE,
        "nms_iou": detector.NMS_IOU,
        "nms_containment": detector.NMS_CONTAINMENT,
        "group": detector.GROUP,
        "small_face": detector.SMALL_FACE,
        "group_score": detector.GROUP_SCORE,
        "downscale": detector.DOWNSCALE,
        "closeup_side": detector.CLOSEUP_SIDE,
        "patch_side": detector.PATCH_SIDE,
        "lips": {
            "crop_side": lip_landmarks.CROP_SIDE,
            "crop_margin": lip_landmarks.CROP_MARGIN,
            "crop_offset_y": lip_landmarks.CROP_OFFSET_Y,
            "tight_margin": lip_landmarks.TIGHT_MARGIN,
            "roll_steps": lip_landmarks.ROLL_STEPS,
            "side_steps": lip_landmarks.SIDE_STEPS,
            "center_steps": lip_landmarks.CENTER_STEPS,
            "left_corner": lip_landmarks.LEFT_CORNER,
            "right_corner": lip_landmarks.RIGHT_CORNER,
        },
        "rotated": {
            "rolls": list(rotated_search.ROLLS),
            "side": rotated_search.ROTATED_SIDE,
            "certain_score": rotated_search.CERTAIN_SCORE,
            "check_scale": rotated_search.CHECK_SCALE,
            "check_side": rotated_search.CHECK_SIDE,
            "tilted_score": rotated_search.TILTED_SCORE,
            "sideways_score": rotated_search.SIDEWAYS_SCORE,
            "same_roll": rotated_search.SAME_ROLL,
        },
    }


def _live() -> dict[str, float]:
    settings = LiveSettings()
    return {
        "detect_every": settings.detect_every,
        "max_age": settings.max_age,
        "time_constant": settings.time_constant,
        "hysteresis": settings.hysteresis,
        "rotated_every": ROTATED_SEARCH_INTERVAL,
        "min_hits": tracker.MIN_HITS,
        "gate": tracker.GATE,
        "gate_growth": tracker.GATE_GROWTH,
        "max_size_ratio": tracker.MAX_SIZE_RATIO,
        "break_ratio": tracker.BREAK_RATIO,
        "same_roll": rotated_search.SAME_ROLL,
    }
