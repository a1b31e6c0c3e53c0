"""Convert the networks of `face_landmarker.task` and write them into the package."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

from moue.face.checksum import verify_sha256
from moue.face.mediapipe import DETECTOR, MESH, MODELS
from moue.files import write_bytes, write_json
from moue.model.bundled import CARD, ONNX, Card, TrainingSource, check, sha256_of
from research.face_mesh.tflite_reader import TFLiteGraph, read_tflite
from research.face_mesh.tflite_to_onnx import convert

SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
HINT = "give the path of Google's face_landmarker.task, float16, version 1"
DATE, VERSION, LICENCE = "2023-05-03", "1.0", "Apache-2.0"
CARDS = "https://storage.googleapis.com/mediapipe-assets/"
"""Folder of Google's model cards."""
SUBSET = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65,
    66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136,
    144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168,
    172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276,
    282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380,
    381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466,
    468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip
"""Points of the face mesh that the blendshape network uses, `kLandmarksSubsetIdxs` of MediaPipe."""


class Network(NamedTuple):
    """One network of the file.

    Attributes:
        member: Name in the file, without suffix.
        outputs: Names of the ONNX outputs, in the order of the TFLite outputs.
        pixels: Range of the pixel values; None for a network of points.
        source: Entry of the model card.
    """

    member: str
    outputs: tuple[str, ...]
    pixels: tuple[float, float] | None
    source: TrainingSource


def _google(pictures: str, card: str) -> TrainingSource:
    return TrainingSource(
        name=pictures,
        terms="not published; Google trained on them and published the network under Apache-2.0",
        commercial_use=True,
        licence="Apache-2.0",
        source=CARDS + card,
        role="upstream",
    )


NETWORKS = {
    DETECTOR: Network(
        "face_detector",
        ("regressors", "logits"),
        (-1, 1),
        _google(
            "66,000 pictures of Google (BlazeFace, short range)",
            "MediaPipe%20BlazeFace%20Model%20Card%20(Short%20Range).pdf",
        ),
    ),
    MESH: Network(
        "face_landmarks_detector",
        ("points", "presence"),
        (0, 1),
        _google(
            "pictures of mobile cameras of Google (Face Mesh V2)",
            "Model%20Card%20MediaPipe%20Face%20Mesh%20V2.pdf",
        ),
    ),
    "blendshapes": Network(
        "face_blendshapes",
        ("blendshapes",),
        None,
        _google(
            "3D scans of people of Google (Blendshape V2)", "Model%20Card%20Blendshape%20V2.pdf"
        ),
    ),
}


def read_graph(task: Path, name: str) -> TFLiteGraph:
    """Read a network of `face_landmarker.task`.

    Args:
        task: Path of face_landmarker.task.
        name: Key of `NETWORKS`.

    Raises:
        ModelError: the file is missing or has another checksum.
    """
    with zipfile.ZipFile(verify_sha256(task, SHA256, HINT)) as archive:
        return read_tflite(archive.read(f"{NETWORKS[name].member}.tflite"))


def save_networks(task: Path) -> None:
    """Write the detector and the face mesh with their model cards into the package."""
    for name in (DETECTOR, MESH):
        network = NETWORKS[name]
        model = convert(read_graph(task, name), name, network.outputs, network.pixels)
        data = model.SerializeToString(deterministic=True)
        card = Card(
            name=name,
            version=VERSION,
            date=DATE,
            licence=LICENCE,
            sources=(network.source,),
            scores=(),
            labels=("face",),
            files={ONNX: sha256_of(data)},
        )
        check(card)
        write_bytes(MODELS / f"{name}{ONNX}", data)
        write_json(MODELS / f"{name}{CARD}", card.to_dict())
