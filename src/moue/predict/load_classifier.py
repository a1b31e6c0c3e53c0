"""Load a classifier from a run, an ONNX file, a weights file or a bundled model."""

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
    """Load a classifier from a run folder, an ONNX file, a weights file or a bundled model.

    Args:
        model: run folder, ONNX file or name of a bundled model, as for `Classifier.load`; or a
            weights file of a training (`.pt`, `.safetensors` or the tutorial's `model.ckpt`),
            which is exported to ONNX in memory.
        threads: number of CPU threads.
        device: device that runs the model: `cpu`, `cuda`, or `auto`, which uses CUDA if it works.

    Raises:
        ConfigError: `device` is `cuda`, but CUDA does not work.
        ModelError: the model does not exist, or the file of a bundled model fails its checksum.
        CheckpointError: the file is not a moue model.
        MissingExtra: the model is a weights file, and torch is not installed.
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
