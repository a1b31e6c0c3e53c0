"""Recognise mouth expressions (none, pout, smile, open) in photos and live video.

Example:
    from moue import Predictor

    predictor = Predictor.load()  # also takes a run folder, an .onnx file or a checkpoint
    for face in predictor.predict("a.jpg"):
        print(face.label, face.probability)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# onnxruntime reads this when it is loaded. Without it, onnxruntime records each session in a
# database below the home folder, and may send it to Microsoft.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from moue.errors import MoueError
    from moue.live.live_settings import LiveSettings
    from moue.live.watch import TrackedFace, View, Watcher
    from moue.media.video import Frame, frames
    from moue.predict.prediction import Prediction
    from moue.predict.predictor import Predictor
    from moue.workspace.types import LABELS, Face

__version__ = "0.1.0"
__all__ = [
    "LABELS", "Face", "Frame", "LiveSettings", "MoueError", "Prediction", "Predictor",
    "TrackedFace", "View", "Watcher", "__version__", "frames",
]  # fmt: skip

_MODULES = {
    "moue.errors": ["MoueError"],
    "moue.live.live_settings": ["LiveSettings"],
    "moue.live.watch": ["TrackedFace", "View", "Watcher"],
    "moue.media.video": ["Frame", "frames"],
    "moue.predict.prediction": ["Prediction"],
    "moue.predict.predictor": ["Predictor"],
    "moue.workspace.types": ["LABELS", "Face"],
}


def __getattr__(name: str) -> Any:
    # A name is imported when it is first used, so that `moue --help` does not load OpenCV.
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'moue' has no attribute {name!r}")
