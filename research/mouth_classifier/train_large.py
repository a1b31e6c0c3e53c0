"""Train the bundled classifier `mouth-l`: the size of a teacher, taught by all teachers.

Its network is that of a teacher, on wide colour crops. It is trained as the student is: on the
labels and the stored outputs of the teachers for all mouths. The training takes minutes of a GPU;
a processor with two cores needs most of a day.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from moue.files import read_json, write_bytes, write_json
from moue.model.bundled import CARD, FOLDER, ONNX, Card, Score, check, sha256_of
from moue.model.spec import ModelSpec
from moue.progress import Progress
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.crops import SCALE, Pixels
from research.mouth_classifier.export_large import large_model_file
from research.mouth_classifier.fit_network import Logits, SoftLabels, TrainingSet, centre_crops
from research.mouth_classifier.student_dataset import Data, Mask, student_training_set
from research.mouth_classifier.teacher_network import Teacher, Views, fine_tune
from research.mouth_classifier.teacher_outputs import ALL, load_teacher
from research.mouth_classifier.train_classifier import DATE, LICENCE, VERSION
from research.mouth_classifier.training_sources import IMAGENET, training_sources

NAME = "mouth-l"
KIND, CROP_SCALE, SIDE = 0, 2.4, 96
"""Number of the EfficientNet-Lite, side of the crops as a multiple of the lips, side in pixels."""
STEPS = 2295
SPEC = ModelSpec(
    network="efficientnet-lite0",
    resize=SIDE,
    input_size=SIDE,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    crop_scale=CROP_SCALE,
)
SCORES = Path(__file__).parent / "large_scores.json"
"""Scores, temperature and thresholds, written by `evaluate_large.py`."""


@with_progress
def train_large_model(data: Path, work: Path, progress: Progress) -> None:
    """Train `mouth-l` on all of the data, and write it with its card into the package."""
    dataset = Data.load(data, work, progress)
    weights = work / "large-final.pt"
    if not weights.exists():
        everything = np.ones(len(dataset.mouths), bool)
        save(fit_large(dataset, everything, load_teacher(ALL, dataset.mouths), 0), weights)
    progress.say(f"written: {install(weights).name}")


def fit_large(data: Data, allowed: Mask, teacher: SoftLabels, seed: int) -> Teacher:
    """Train the network on the mouths of a mask; the result is on the device of the training.

    Args:
        allowed: (N,) mask of the mouths that may be used for training.
        teacher: (N, K) probabilities of the teachers.
    """
    torch.manual_seed(seed)
    samples: TrainingSet = student_training_set(data, allowed, teacher)
    chance = np.asarray(samples.sample_weights / samples.sample_weights.sum(), np.float32)
    views = Views(samples.pixels)
    return fine_tune(
        views, samples.soft_labels, chance, KIND, CROP_SCALE, SIDE, STEPS, smoothing=0.0
    )


def save(network: Teacher, path: Path) -> None:
    """Write the weights of a network as float16, which is their precision in the package."""
    weights = network.cpu().state_dict()
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in weights.items()}, path)


def load(path: Path) -> Teacher:
    """Return the network with the weights of a file that `save` wrote, for prediction."""
    network = Teacher(KIND)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


@torch.no_grad()
def large_logits(network: Teacher, squares: Pixels) -> Logits:
    """Return (N, K) logits of squares, with the preprocessing of prediction."""
    found = []
    for start in range(0, len(squares), 256):
        crops = centre_crops(squares[start : start + 256], SIDE, CROP_SCALE / SCALE)
        found.append(network(torch.from_numpy(SPEC.tensor(crops))).numpy())
    return np.concatenate(found)


def install(weights: Path) -> Card:
    """Write the model file and its card into the package, with the measured calibration."""
    measured = read_json(SCORES)
    thresholds = tuple((error, value) for error, value in measured["thresholds"])
    spec = dataclasses.replace(
        SPEC, temperature=measured["temperature"], abstention_thresholds=thresholds
    )
    file = large_model_file(load(weights), spec)
    rows = [{k: v for k, v in row.items() if k != "seeds"} for row in measured["scores"]]
    card = Card(
        name=NAME,
        version=VERSION,
        date=DATE,
        licence=LICENCE,
        sources=(*training_sources(), IMAGENET),
        scores=tuple(Score(**row) for row in rows),
        labels=LABELS,
        files={ONNX: sha256_of(file)},
    )
    check(card)
    write_bytes(FOLDER / f"{NAME}{ONNX}", file)
    write_json(FOLDER / f"{NAME}{CARD}", card.to_dict())
    return card
