"""Load a classifier from a run, an ONNX file, a weights file or a bundled model."""

from __future__ import annotations

from pathlib import Path

from moue.errors import MissingExtra, ModelError
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.licence import ADVICE, Licence
from moue.model.providers import Device
from moue.model.runs import fine_tuned_from

_TORCH_FILES = (".pt", ".pth", ".ckpt", bundled.TENSORS)


def load_classifier(
    model: Path | str | None = None,
    threads: int = 1,
    device: Device = "cpu",
    licence: Licence = "any",
) -> Classifier:
    """Load a classifier from a run folder, an ONNX file, a weights file or a bundled model.

    Args:
        model: run folder, ONNX file or name of a bundled model, as for `Classifier.load`; or a
            weights file of a training (`.pt`, `.safetensors` or the tutorial's `model.ckpt`),
            which is exported to ONNX in memory.
        threads: number of CPU threads.
        device: device that runs the model: `cpu`, `cuda`, or `auto`, which uses CUDA if it works.
        licence: `free` rejects bundled models that are not free for any use, copies of their files,
            and runs that were fine-tuned from them.

    Raises:
        ConfigError: `device` is `cuda`, but CUDA does not work.
        ModelError: the model does not exist, the file of a bundled model fails its checksum, or
            `licence` does not allow the model.
        CheckpointError: the file is not a moue model.
        MissingExtra: the model is a weights file, and torch is not installed.
    """
    path = Path(str(model))
    if model is not None:
        check_licence(path, licence)
    if path.suffix in _TORCH_FILES and path.is_file():
        return Classifier(_exported(path), threads, str(path), device)
    return Classifier.load(model, threads, device, licence)


def check_licence(path: Path, licence: Licence) -> None:
    """Check that a licence allows a model.

    With the licence `free`, it may be a bundled model that is free for any use, or an own model
    that is neither a copy of another bundled model nor fine-tuned from one.

    Args:
        path: run folder, model file or name of a bundled model.
        licence: value of the setting.

    Raises:
        ModelError: the licence does not allow the model, or its card is damaged.
    """
    if licence == "any" or bundled.find_model(path, licence) is not None:
        return
    if path.is_file():
        bundled.check_file(path.read_bytes(), str(path), licence)
    folder = path if path.is_dir() else path.parent
    start = fine_tuned_from(folder)
    if start is None:
        return
    try:
        bundled.allowed(bundled.load_card(start), "free")
    except ModelError as error:
        raise ModelError(
            f"{path}: was fine-tuned from the bundled model {start}, which `--licence free` does "
            f"not allow; {ADVICE}"
        ) from error


def _exported(path: Path) -> bytes:
    try:
        from moue.training import checkpoint, onnx_export
    except ImportError as error:
        raise MissingExtra(f"reading {path.name}", "train") from error
    return onnx_export.to_bytes(checkpoint.load(path))
