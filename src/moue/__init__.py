"""Recognise mouth expressions: none, pout, smile, open; from raw photos to live video.

Example:
    from moue import Predictor

    predictor = Predictor.load()  # or a run folder, an .onnx file, a checkpoint
    for face in predictor.predict("a.jpg"):
        print(face.label, face.probability)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moue.errors import MoueError
    from moue.predict.prediction import Prediction
    from moue.predict.predictor import Predictor
    from moue.workspace.types import LABELS, Face

__version__ = "0.1.0"
__all__ = ["LABELS", "Face", "MoueError", "Prediction", "Predictor", "__version__"]

_HOME = {
    "LABELS": "moue.workspace.types",
    "Face": "moue.workspace.types",
    "MoueError": "moue.errors",
    "Prediction": "moue.predict.prediction",
    "Predictor": "moue.predict.predictor",
}


def __getattr__(name: str) -> Any:
    # Loaded when first used, so that `moue --help` does not wait for OpenCV and onnxruntime.
    if name not in _HOME:
        raise AttributeError(f"module 'moue' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
