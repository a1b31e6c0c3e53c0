"""Publish a finished run as a bundled model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from moue.errors import ModelError
from moue.files import read_json, write_bytes, write_json
from moue.model import bundled
from moue.model.bundled import CARD, ONNX, TENSORS, Card, ModelInfo
from moue.model.classifier import Classifier
from moue.training import checkpoint, onnx_export, safetensors_io


def publish(
    run_folder: Path | str, name: str, info: ModelInfo, folder: Path | str = bundled.FOLDER
) -> Card:
    """Write `NAME.onnx`, `NAME.safetensors` and `NAME.json`, and return the model card.

    Args:
        run_folder: folder of a finished run, whose best weights are published.
        name: name of the model; an existing model of that name is replaced.
        info: fields of the model card that are written by hand.
        folder: folder of the files; by default, the folder of the bundled models.

    Raises:
        ModelError: the run is not finished.
        ExportError: the ONNX file and torch give different results; no file is written.
        ValueError: the name is not a word of lower-case letters and digits, or `info` is not
            valid.
    """
    if not (name.isascii() and name.isalnum() and name == name.lower()):
        raise ValueError(f"the name must be lower-case letters and digits, not {name!r}")
    run, place = Path(run_folder), Path(folder)
    best = checkpoint.load(run / "best.pt")
    if Classifier.load(run).spec != best.spec:
        raise ModelError(
            f"{run}: the training has not finished; run the same `moue train` again to resume it"
        )
    settings = read_json(run / "settings.json")
    graph = onnx_export.to_bytes(best)
    onnx_export.compare_with_torch(graph, best)
    content = {ONNX: graph, TENSORS: safetensors_io.pack(best.spec, best.weights, settings)}
    card = Card(
        name=name,
        labels=best.spec.labels,
        files={suffix: bundled.sha256_of(data) for suffix, data in content.items()},
        **{field.name: getattr(info, field.name) for field in dataclasses.fields(ModelInfo)},
    )
    bundled.check(card)
    # The card is deleted first and written last, since files without a card are not a model.
    (place / f"{name}{CARD}").unlink(missing_ok=True)
    for suffix, data in content.items():
        write_bytes(place / f"{name}{suffix}", data)
    write_json(place / f"{name}{CARD}", card.to_dict())
    return bundled.load_card(name, place)
