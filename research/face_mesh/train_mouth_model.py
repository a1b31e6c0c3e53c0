"""Train the bundled model `mediapipe` on CC0 heads only.

Its network classifies the features of the face mesh; its probabilities are averaged with those of
the plain rules. No picture, label or threshold comes from research-only data.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

from moue.cli.console import ConsoleProgress
from moue.errors import DataError
from moue.face.backends import FaceSettings, detect_faces
from moue.face.mouth_crop import crop_mouth
from moue.files import write_bytes, write_json
from moue.geometry import scale_box
from moue.media.image import Picture, read_image
from moue.model.abstention import fit_abstention
from moue.model.bundled import CARD, FOLDER, ONNX, Card, Score, TrainingSource, check, sha256_of
from moue.model.calibration import fit_temperature, softmax
from moue.progress import Progress
from moue.workspace.types import LABELS, Face, Image
from research.face_mesh.convert_task import LICENCE, NETWORKS
from research.face_mesh.mouth_features import BLENDSHAPES, RATIOS, names
from research.face_mesh.mouth_head import Head, model_logits
from research.face_mesh.mouth_model import CROP_SCALE, SPEC, feature_session, model_file

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
NAME, VERSION, DATE = "mediapipe", "1.0", "2026-11-27"
SCORES = Path(__file__).parent / "scores.json"
"""Scores of the model card, written by `evaluate_mouth_model`."""
COLUMNS = [
    index
    for index, name in enumerate(names())
    if name in BLENDSHAPES or name in {f"{one} / {other}" for one, other in RATIOS}
]
"""Features of the network: blendshapes and ratios of lengths. Absolute lengths and positions differ
more between drawn heads and people."""
VIEWS, SHIFT, ZOOM = 3, 0.04, 0.12
"""Crops of each head; random shift in sides of the crop, and random logarithm of the scale."""
NETWORKS_COUNT, HIDDEN, STEPS, BATCH, RATE, DECAY, SMOOTHING = 3, 32, 600, 256, 2e-3, 0.3, 0.05
FOLDS = 5


@dataclass(frozen=True, slots=True)
class HeadSet:
    """The measured heads.

    Attributes:
        features: (N, VIEWS, F) features of the crops of each head.
        labels: (N,) indices of the labels.
        persons: (N,) numbers of the persons.
    """

    features: Floats
    labels: Labels
    persons: Labels


def train_mouth_model(task: Path, heads: Path) -> None:
    """Train the model on drawn heads and write it into the package.

    Args:
        task: path of face_landmarker.task.
        heads: folder with heads.csv and pictures, written by draw-free-heads.
    """
    torch.set_num_threads(1)
    progress = ConsoleProgress()
    with progress.shown():
        found = measure_heads(feature_session(task), heads, progress)
    held_out = np.zeros((len(found.labels), len(LABELS)), np.float32)
    for fold in range(FOLDS):
        test = found.persons % FOLDS == fold
        head = fit_head(found.features[~test], found.labels[~test])
        held_out[test] = model_logits(found.features[test, 0], head)
    right = (held_out.argmax(1) == found.labels).mean()
    progress.say(f"{len(held_out)} heads; accuracy on persons left out of training: {right:.3f}")
    temperature = fit_temperature(held_out, found.labels)
    thresholds = fit_abstention(softmax(held_out, temperature), found.labels)
    spec = replace(SPEC, temperature=temperature, abstention_thresholds=thresholds)
    data = model_file(task, fit_head(found.features, found.labels), spec)
    persons = len(np.unique(found.persons))
    card = Card(
        name=NAME,
        version=VERSION,
        date=DATE,
        licence=LICENCE,
        sources=(
            NETWORKS["mesh"].source,
            NETWORKS["blendshapes"].source,
            TrainingSource(
                name=f"drawn heads of {persons} persons",
                terms="CC0: MakeHuman's base mesh and targets, and Face Units",
                commercial_use=True,
                licence="CC0-1.0",
                count=len(found.labels),
                source="python -m research draw-free-heads",
            ),
        ),
        scores=tuple(Score(**row) for row in json.loads(SCORES.read_text(encoding="utf-8"))),
        labels=LABELS,
        files={ONNX: sha256_of(data)},
    )
    check(card)
    write_bytes(FOLDER / f"{NAME}{ONNX}", data)
    write_json(FOLDER / f"{NAME}{CARD}", card.to_dict())


def measure_heads(
    session: onnxruntime.InferenceSession, folder: Path, progress: Progress
) -> HeadSet:
    """Measure the drawn heads; heads in which no face is found are left out.

    Args:
        session: session of `feature_session`.
        folder: folder with heads.csv and the pictures.
        progress: progress of the step.

    Raises:
        DataError: the folder has no heads.csv.
    """
    table = folder / "heads.csv"
    if not table.is_file():
        raise DataError(f"{table}: no such file; draw the heads first")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    features, labels, persons = [], [], []
    for row in progress.track(rows, "measure heads", len(rows)):
        image = read_image(folder / row["file"])
        faces = detect_mesh_faces(image)
        if not faces:
            continue
        crops = [mesh_crop(image, faces[0]), *(_jittered(image, faces[0], rng) for _ in range(2))]
        # A mirrored crop turns a pout to the left into one to the right.
        crops[-1] = np.ascontiguousarray(crops[-1][:, ::-1])
        features.append([session.run(["features"], {"image": c[None]})[0][0] for c in crops])
        labels.append(LABELS.index(row["label"]))
        persons.append(int(row["person"]))
    return HeadSet(np.array(features, np.float32), np.array(labels), np.array(persons))


def detect_mesh_faces(image: Image) -> list[Face]:
    """Return the faces of an image by the backend `mediapipe`, the main face first."""
    settings = FaceSettings(backend="mediapipe", crop_scale=CROP_SCALE)
    return detect_faces(Picture.from_array(image), settings)


def mesh_crop(image: Image, face: Face) -> Image:
    """Return the crop of a face at the crop scale of the model."""
    return np.ascontiguousarray(crop_mouth(image, face.mouth_box, face.roll))


def _jittered(image: Image, face: Face, rng: np.random.Generator) -> Image:
    """Return a crop of a face that is shifted and scaled at random, as by other lip boxes."""
    box = scale_box(face.mouth_box, float(np.exp(rng.uniform(-ZOOM, ZOOM))))
    shift = rng.uniform(-SHIFT, SHIFT, 2) * (box[2] - box[0])
    return crop_mouth(image, (box + np.tile(shift, 2)).astype(np.float32), face.roll)


def fit_head(features: Floats, labels: Labels) -> Head:
    """Return the mean of `NETWORKS_COUNT` networks, as one network.

    Args:
        features: (N, VIEWS, F) features.
        labels: (N,) indices of the labels.
    """
    rows = features[:, :, COLUMNS].reshape(-1, len(COLUMNS))
    targets = torch.from_numpy(np.repeat(labels, features.shape[1]))
    mean, spread = rows.mean(0), rows.std(0) + 1e-5
    values = torch.from_numpy(((rows - mean) / spread).clip(-3, 3).astype(np.float32))
    networks = [_fit_network(values, targets, seed) for seed in range(NETWORKS_COUNT)]
    first, second = zip(*networks, strict=True)
    # The hidden units of all networks side by side; the mean of their outputs is one product.
    hidden = np.concatenate([layer.weight.detach().numpy() for layer in first]).T
    output = np.concatenate([layer.weight.detach().numpy() for layer in second], 1).T
    bias = np.mean([layer.bias.detach().numpy() for layer in second], 0)
    return Head(
        np.array(COLUMNS),
        mean.astype(np.float32),
        spread.astype(np.float32),
        [
            (
                np.ascontiguousarray(hidden),
                np.concatenate([layer.bias.detach().numpy() for layer in first]),
            ),
            (np.ascontiguousarray(output / NETWORKS_COUNT), bias.astype(np.float32)),
        ],
    )


def _fit_network(
    values: torch.Tensor, targets: torch.Tensor, seed: int
) -> tuple[nn.Linear, nn.Linear]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, second = nn.Linear(values.shape[1], HIDDEN), nn.Linear(HIDDEN, len(LABELS))
        network = nn.Sequential(nn.Dropout(0.1), first, nn.ReLU(), nn.Dropout(0.3), second)
        optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        for step in range(STEPS):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            batch = torch.randint(len(values), (BATCH,))
            loss = functional.cross_entropy(
                network(values[batch]), targets[batch], label_smoothing=SMOOTHING
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return first, second
