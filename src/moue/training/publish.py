"""From a finished run to the files of a model that ships."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from moue.errors import ModelError
from moue.files import read_json, write_bytes, write_json
from moue.model import bundled
from moue.model.bundled import CARD, ONNX, TENSORS, About, Card
from moue.model.classifier import Classifier
from moue.training import checkpoint, onnx_export, safetensors_io


def publish(
    run_folder: Path | str, name: str, about: About, folder: Path | str = bundled.FOLDER
) -> Card:
    """Write `NAME.onnx`, `NAME.safetensors` and `NAME.json`, and read them back.

    Args:
        run_folder: a finished run, whose best weights are taken.
        name: the model is called so; one of that name is replaced.
        folder: where the files go; the package's own unless another is given.

    Raises:
        ModelError: the run is not finished.
        ExportError: ONNX does not give what torch gives; nothing is written.
        ValueError: the name is no plain lower-case word, or `about` is no fit content of a card.
    """
    if not (name.isascii() and name.isalnum() and name == name.lower()):
        raise ValueError(f"a model's name is a lower-case word, not {name!r}")
    run, place = Path(run_folder), Path(folder)
    best = checkpoint.load(run / "best.pt")
    if Classifier.load(run).spec != best.spec:
        raise ModelError(
            f"{run}: the training has not finished; run `moue train` again to resume it"
        )
    settings = read_json(run / "settings.json")
    graph = onnx_export.to_bytes(best)
    onnx_export.compare_with_torch(graph, best)
    content = {ONNX: graph, TENSORS: safetensors_io.pack(best.spec, best.weights, settings)}
    card = Card(
        name=name,
        labels=best.spec.labels,
        files={suffix: bundled.sha256_of(data) for suffix, data in content.items()},
        **{field.name: getattr(about, field.name) for field in dataclasses.fields(About)},
    )
    bundled.check(card)
    # The card goes first and comes last: files without one are no model yet.
    (place / f"{name}{CARD}").unlink(missing_ok=True)
    for suffix, data in content.items():
        write_bytes(place / f"{name}{suffix}", data)
    write_json(place / f"{name}{CARD}", card.to_dict())
    return bundled.load_card(name, place)
