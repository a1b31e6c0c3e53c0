"""A teacher that sees no pixels: a small network of the mouth measures of a face mesh."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from moue.workspace.types import LABELS
from research.face_mesh.rules import rule_probabilities
from research.mouth_classifier.fit_network import SoftLabels
from research.mouth_classifier.student_dataset import Data, Mask

OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
"""Outer lip points of the 478-point mesh."""
INNER_TOP, INNER_BOTTOM, LEFT, RIGHT = 13, 14, 61, 291
"""Points of the inner lips in the middle, and the corners of the mouth."""
EPOCHS, BATCH, HIDDEN = 60, 128, 48
SEEDS = (0, 1)


def mesh_log_probabilities(data: Data, mesh: Path, folds: Sequence[Mask]) -> SoftLabels:
    """Return (N, K) log-probabilities; 0 where no mesh was measured.

    Args:
        mesh: Folder with `mouths.json`, `names.json` and `mesh.npz`: 478 points and 52 blendshapes
            of the faces of UTKFace, HELEN and dev4.
        folds: Masks of the persons that are predicted together, by a network of the others.
    """
    measures = _measures(data, mesh)
    seen = np.isfinite(measures[:, 0])
    spread = np.nanstd(measures, axis=0) + 1e-6
    inputs = np.nan_to_num((measures - np.nanmean(measures, axis=0)) / spread).astype(np.float32)
    logs = np.zeros((len(data.mouths), len(LABELS)), np.float32)
    for fold in folds:
        train = np.nonzero(seen & ~fold & (data.labels >= 0))[0]
        test = seen & fold
        for seed in SEEDS:
            logs[test] += _fit(inputs, data.targets, train, seed)(inputs[test]) / len(SEEDS)
    return logs


def rival_logits(data: Data, mesh: Path) -> SoftLabels:
    """Return the (N, K) logits of plain rules on the measures of the mesh; NaN without a mesh.

    Args:
        mesh: Folder as for `mesh_log_probabilities`. The crops of `mouths3` have no mesh points.
    """
    names = json.loads((mesh / "names.json").read_text(encoding="utf-8"))
    files = json.loads((mesh / "mouths.json").read_text(encoding="utf-8"))
    stored = np.load(mesh / "mesh.npz")
    shapes, points = stored["B"], stored["P"][..., :2]
    smile = shapes[:, [names.index("mouthSmileLeft"), names.index("mouthSmileRight")]].mean(1)
    heights = np.linalg.norm(points[:, INNER_TOP] - points[:, INNER_BOTTOM], axis=1)
    widths = np.linalg.norm(points[:, LEFT] - points[:, RIGHT], axis=1)
    probs = rule_probabilities(
        smile, heights / np.maximum(widths, 1e-6), shapes[:, names.index("mouthPucker")]
    )
    found = dict(zip([file for file, _ in files], np.log(np.maximum(probs, 1e-9)), strict=True))
    missing = np.full(len(LABELS), np.nan)
    return np.array([found.get(m.file, missing) for m in data.mouths], np.float32)


class _Fitted:
    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval()

    @torch.no_grad()
    def __call__(self, inputs: SoftLabels) -> SoftLabels:
        logits: torch.Tensor = self.network(torch.from_numpy(inputs))
        return np.asarray(logits.log_softmax(1).numpy())


def _fit(inputs: SoftLabels, targets: SoftLabels, train: np.ndarray, seed: int) -> _Fitted:
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(inputs.shape[1], HIDDEN),
        nn.GELU(),
        nn.Dropout(0.3),
        nn.Linear(HIDDEN, len(LABELS)),
    )
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=0.05)
    known, wanted = torch.from_numpy(inputs[train]), torch.from_numpy(targets[train])
    for _ in range(EPOCHS):
        for index in torch.split(torch.randperm(len(train)), BATCH):
            loss = -(wanted[index] * network(known[index]).log_softmax(1)).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return _Fitted(network)


def _measures(data: Data, mesh: Path) -> SoftLabels:
    """Return (N, F): 32 mouth blendshapes, and height and width of the lips; NaN without a mesh."""
    names = json.loads((mesh / "names.json").read_text(encoding="utf-8"))
    found: dict[str, list[float]] = {}
    columns = _read_mouths3(data, names, found)
    stored = np.load(mesh / "mesh.npz")
    points, shapes = stored["P"][..., :2], stored["B"][:, [names.index(c) for c in columns]]
    files = json.loads((mesh / "mouths.json").read_text(encoding="utf-8"))
    for (file, _), face, row in zip(files, points, shapes, strict=True):
        width, height = np.ptp(face[list(OUTER)], axis=0)
        span = max(float(np.ptp(face[:, 0])), 1e-6)
        found[file] = [*row.tolist(), height / max(width, 1e-6), width / span]
    missing = [np.nan] * (len(columns) + 2)
    return np.array([found.get(m.file, missing) for m in data.mouths], np.float32)


def _read_mouths3(data: Data, names: list[str], found: dict[str, list[float]]) -> list[str]:
    """Add the measures of `mouths3`; return the names of its blendshapes."""
    with (data.folder / "mouths3.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = [name for name in reader.fieldnames or () if name in names]
        for row in reader:
            width = float(row["x1"]) - float(row["x0"])
            height = float(row["y1"]) - float(row["y0"])
            share = float(row["lip_px"]) / max(float(row["face_px"]), 1)
            shapes = [float(row[name] or 0) for name in columns]
            found[f"mouths3/{row['file']}"] = [*shapes, height / width, share]
    return columns
