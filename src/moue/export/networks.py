"""The networks of a predictor: the mouth classifier, and the networks of its face backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import ExportError
from moue.face import blazeface, detector, face_mesh, lip_landmarks, mediapipe, yunet
from moue.face.backend_table import BACKENDS
from moue.face.backends import resolve_backend
from moue.media.draw import UNSURE, colours
from moue.model import bundled
from moue.model.runs import fine_tuned_from
from moue.predict.predictor import AnyPredictor

CLASSIFIER = "classifier"
"""Name of the classifier among the exported networks."""
OUTPUTS = ("probabilities", "logits")
"""Outputs of the classifier that are exported."""
RUN_MODEL = "model.onnx"
"""Name of the model file in a run folder."""


@dataclass(frozen=True, slots=True)
class FaceNetworks:
    """The networks of a face backend.

    Attributes:
        folder: folder of the files and their cards.
        sides: name of each network, and the side of its square input in pixels, in formats with
            inputs of a fixed size.
    """

    folder: Path
    sides: dict[str, int]


FACE_NETWORKS = {
    "moue": FaceNetworks(
        lip_landmarks.MODELS,
        {
            # The detector reduces pictures to this size before it searches them.
            detector.DETECTOR_MODEL: BACKENDS["moue"].side // detector.DOWNSCALE,
            lip_landmarks.LIP_MODEL: lip_landmarks.CROP_SIDE,
            lip_landmarks.TIGHT_MODEL: lip_landmarks.CROP_SIDE,
        },
    ),
    "mediapipe": FaceNetworks(
        mediapipe.MODELS, {mediapipe.DETECTOR: blazeface.SIDE, mediapipe.MESH: face_mesh.SIDE}
    ),
    "yunet": FaceNetworks(yunet.MODELS, {yunet.NAME: BACKENDS["yunet"].side}),
}
"""The backends whose networks can be exported."""


def networks_of(predictor: AnyPredictor) -> dict[str, bytes]:
    """Return the ONNX file of each network of a predictor; the classifier comes first.

    Raises:
        ExportError: the face backend has no networks.
        ModelError: the file of a face network is missing or has another checksum.
    """
    backend = resolve_backend(predictor.face)
    if backend not in FACE_NETWORKS:
        raise ExportError(
            f"{predictor.classifier.where}: uses the face backend {backend}, which has no networks "
            f"to export; choose a model that was trained with {', '.join(FACE_NETWORKS)}, such as "
            f"--model {bundled.DEFAULT}"
        )
    own = FACE_NETWORKS[backend]
    found = {CLASSIFIER: predictor.classifier.content}
    for name in own.sides:
        card = bundled.load_card(name, own.folder)
        found[name] = bundled.read_verified(card, bundled.ONNX, own.folder)
    return found


def fixed_sides(predictor: AnyPredictor) -> dict[str, int]:
    """Return the side of the square input of each network in formats with fixed sizes."""
    sides = FACE_NETWORKS[resolve_backend(predictor.face)].sides
    return {CLASSIFIER: predictor.classifier.spec.resize, **sides}


def describe_model(predictor: AnyPredictor) -> dict[str, Any]:
    """Return the name, terms, labels, colours and thresholds of a model, for `model.json`."""
    classifier = predictor.classifier
    spec = classifier.spec
    return {
        "name": model_name(predictor),
        "terms": _terms(predictor),
        "labels": list(spec.labels),
        "colours": colours(spec.labels) | {"": UNSURE},
        "abstention_thresholds": [list(pair) for pair in spec.abstention_thresholds],
        "input_size": spec.input_size,
    }


def describe_files(networks: dict[str, bytes]) -> dict[str, Any]:
    """Return the path, size and SHA-256 of the ONNX file of each network, for `model.json`."""
    files = {}
    for name, content in networks.items():
        file = bundled.sha256_of(content)
        files[name] = {"path": f"{name}.onnx", "bytes": file.bytes, "sha256": file.sha256}
    return files


def model_name(predictor: AnyPredictor) -> str:
    """Return the name and version of a bundled model, or the name of a run or file without path."""
    card = _bundled_card(predictor)
    if card is not None:
        return f"{card.name} {card.version}"
    path = Path(predictor.classifier.where)
    return path.parent.name if path.name == RUN_MODEL else path.stem


def _terms(predictor: AnyPredictor) -> list[str]:
    """Return the terms of use of each bundled network, without repetitions."""
    faces = FACE_NETWORKS[resolve_backend(predictor.face)]
    cards = [bundled.load_card(name, faces.folder) for name in faces.sides]
    own, start = _bundled_card(predictor), fine_tuned_from(Path(predictor.classifier.where).parent)
    cards += [] if own is None else [own]
    # The terms of a fine-tuned model are also those of the model that it was trained from.
    cards += [] if start is None else [bundled.load_card(start)]
    return list(dict.fromkeys(card.terms for card in cards))


def _bundled_card(predictor: AnyPredictor) -> bundled.Card | None:
    """Return the card of the bundled model whose file the classifier is; None for other models."""
    own = bundled.sha256_of(predictor.classifier.content)
    cards = map(bundled.load_card, bundled.model_names())
    return next((card for card in cards if own in card.files.values()), None)
