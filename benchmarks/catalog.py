"""The time of commands that read or decide on a catalog of 100,000 pictures."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.inputs import Bench
from benchmarks.table import Row
from benchmarks.timing import timed
from moue.config import Config
from moue.dataset.dedupe import dedupe
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.similar_patches import FREQUENCIES, MEAN_FACE
from moue.dataset.split import SplitSettings, split
from moue.face.face_patch import SIDE
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.types import LABELS, Face, Fingerprint, Mouth, Sample
from moue.workspace.workspace import Workspace

COUNT, QUICK = 100_000, 20_000
PATTERNS, SHARED, OWN, CONTRAST = 8, 0.9, 0.44, 1400.0
"""Synthetic face patches: number of common patterns, weights of common and own parts, and contrast
in grey levels. Similar pairs are then about as frequent as among real aligned faces."""
INFO_GOAL = 2.0
"""Maximum wall time of `moue info`, in seconds, including the start of Python."""


def run(bench: Bench) -> list[Row]:
    """Time `moue info` as a command, then dedupe, label and split as functions."""
    count = QUICK if bench.quick else COUNT
    workspace = Workspace(bench.folder / "catalog")
    workspace.create("")
    with workspace.locked() as (catalog, _):
        _fill(catalog, count)
        context = Context(workspace, catalog, Config.of(), Progress())
        spent = {
            "dedupe": timed(lambda: dedupe(context)),
            "label": timed(lambda: label_from_class_folders(catalog)),
            "split": timed(lambda: split(catalog, SplitSettings())),
        }
    info = timed(lambda: _info(workspace.root))
    rows = [
        Row(
            step=f"info: {count:,} pictures",
            moue=f"{info.wall / 1e3:.2f} s",
            goal=f"at most {INFO_GOAL:g} s",
            reached=info.wall <= INFO_GOAL * 1e3,
            note="the command, including the start of Python",
        )
    ]
    return rows + [
        Row(step=f"{name}: {count:,} pictures", moue=f"{one.wall / 1e3:.1f} s")
        for name, one in spent.items()
    ]


def _fill(catalog: Catalog, count: int) -> None:
    """Add pictures with one face and one mouth each; one in ten is a near-duplicate."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, count, np.int64)
    hashes[::10] = hashes[1::10] ^ 5
    box = np.array([10, 10, 90, 90], np.float32)
    lips = np.array([30, 60, 70, 75], np.float32)
    points = np.full((20, 2), 51.5, np.float32)
    face = Face(box=box, score=1.0, landmarks=points, lips=lips, mouth_box=box)
    with catalog.transaction():
        catalog.add_samples(_samples(hashes, face))
        for name in (f"picture-{i:06d}" for i in range(count)):
            catalog.put_mouths(name, [Mouth(name=name, sample=name, face=0, width=60)])
        for i, one in enumerate(_patches(rng, count)):
            catalog.put_fingerprint(
                f"picture-{i:06d}", Fingerprint(int(rng.integers(0, 2**63)), one)
            )


def _patches(rng: np.random.Generator, count: int) -> Iterator[bytes]:
    """Yield patches with the statistics of aligned faces: the mean face and smooth shades.

    Shades follow a few patterns, like light and features, so that two in 1,000 random pairs have a
    cosine of 0.85. One in ten is a slightly changed copy of the patch before it.
    """
    rows, columns = np.array(FREQUENCIES).T
    deviations = 0.3 * np.hypot(rows, columns) ** -0.9  # as measured on faces
    patterns = rng.normal(size=(len(FREQUENCIES), PATTERNS)) / PATTERNS**0.5
    before = np.zeros((SIDE, SIDE), np.float32)
    for i in range(count):
        moved = np.roll(before, 1, axis=1)
        if i % 10 != 1:
            shared = patterns @ rng.normal(size=PATTERNS)
            own = rng.normal(size=len(FREQUENCIES))
            shades = deviations * (SHARED * shared + OWN * own)
            low = np.zeros((SIDE, SIDE), np.float32)
            low[rows, columns] = (MEAN_FACE + shades) * CONTRAST
            moved = np.asarray(cv2.idct(low), np.float32)
        before = moved
        noise = rng.normal(0, 2, moved.shape)
        yield (moved + noise + 128).clip(0, 255).astype(np.uint8).tobytes()


def _samples(hashes: np.ndarray, face: Face) -> Iterator[Sample]:
    scores = {"face_px": 80.0, "sharpness": 0.1, "highlight": 0.8, "shadow": 0.1}
    for i, one in enumerate(hashes.tolist()):
        name = f"picture-{i:06d}"
        yield Sample(
            name=name,
            source=f"/pictures/{LABELS[i % len(LABELS)]}/{name}.jpg",
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            original=f"/pictures/{name}.jpg",
            width=100, height=100, phash=one, mouth_phash=one, faces=(face,), scores=scores,
        )  # fmt: skip


def _info(root: Path) -> None:
    command = [sys.executable, "-m", "moue", "info", "--workspace", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
