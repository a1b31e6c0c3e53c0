"""Load a classifier from a run, an ONNX file, a weights file of training, or by its name."""

from __future__ import annotations

from pathlib import Path

from moue.errors import MissingExtra
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.providers import Device

_TORCH_FILES = (".pt", ".pth", ".ckpt", bundled.TENSORS)


def load_classifier(
    model: Path | str | None = None, threads: int = 1, device: Device = "cpu"
) -> Classifier:
    """Return the classifier that `model` names.

    Args:
        model: what `Classifier.load` takes, or a weights file of training: `.pt`, `.safetensors`
            or the tutorial's `model.ckpt`, which is exported to ONNX in memory.
        threads: CPU threads for one call.
        device: see `providers.start`.

    Raises:
        ConfigError: CUDA was requested and does not work.
        ModelError: no such model, or a bundled file fails its checksum.
        CheckpointError: the file is not a model of moue.
        MissingExtra: a weights file of training, and torch is not installed.
    """
    path = Path(str(model))
    if path.suffix in _TORCH_FILES and path.is_file():
        return Classifier(_exported(path), threads, str(path), device)
    return Classifier.load(model, threads, device)


def _exported(path: Path) -> bytes:
    try:
        from moue.training import checkpoint, onnx_export
    except ImportError as error:
        raise MissingExtra(f"reading {path.name}", "train") from error
    return onnx_export.to_bytes(checkpoint.load(path))
