"""Rows of the catalog for tests that need no detector."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from moue.config import Config
from moue.dataset.crop import mouth_name
from moue.engine import LocalEngine
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.types import Face, Mouth, Sample
from moue.workspace.workspace import Workspace

GOOD = {"face_px": 120.0, "sharpness": 0.1, "highlight": 0.8, "shadow": 0.1}


def face(x: float = 20, y: float = 20, side: float = 60, score: float = 1.0) -> Face:
    """A face whose lips are where lips are."""
    box = np.array([x, y, x + side, y + side], np.float32)
    lips = np.array([x + 0.3 * side, y + 0.7 * side, x + 0.7 * side, y + 0.85 * side], np.float32)
    centre, half = (lips[:2] + lips[2:]) / 2, 0.3 * side
    square = np.concatenate([centre - half, centre + half]).astype(np.float32)
    return Face(box=box, score=score, landmarks=None, lips=lips, mouth_box=square)


def sample(name: str, **fields: object) -> Sample:
    """A sample, by default one that has been converted and shows one good face."""
    known: dict[str, object] = {
        "source": f"/raw/{name}.jpg",
        "original": f"/raw/{name}.jpg",
        "sha256": name * 2,
        "width": 128,
        "height": 96,
        "phash": int(hashlib.sha256(name.encode()).hexdigest()[:16], 16),
        "mouth_phash": 0,
        "faces": (face(),),
        "scores": dict(GOOD),
    }
    return Sample(name=name, **(known | fields))  # type: ignore[arg-type]


def add(catalog: Catalog, *samples: Sample) -> None:
    """Add samples, each with one mouth for each of its faces."""
    catalog.add_samples(samples)
    for one in samples:
        faces = range(len(one.faces or ()))
        catalog.put_mouths(
            one.name,
            [Mouth(name=mouth_name(one.name, i), sample=one.name, face=i, width=40) for i in faces],
        )


def get(catalog: Catalog, name: str) -> Sample:
    """The sample of this name."""
    return catalog.sample(name)


def mouth(catalog: Catalog, name: str) -> Mouth:
    """The mouth of this name."""
    return catalog.mouth(name)


def dropped(catalog: Catalog) -> dict[str, str | None]:
    """The drop reason of every sample."""
    return {one.name: one.dropped for one in catalog.samples()}


def listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file under a folder, with its bytes and its time."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def context(
    workspace: Workspace,
    catalog: Catalog,
    *settings: object,
    progress: Progress | None = None,
    workers: int = 1,
    labels: LabelSet = DEFAULT,
) -> Context:
    """A context with these settings, and defaults for the rest."""
    config = Config.of(*settings).with_listed_labels(labels)
    return Context(workspace, catalog, config, progress or Progress(), LocalEngine(workers))


def touch_later(path: Path) -> None:
    """Move the modification time of a file one minute forward."""
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 60_000_000_000))


def sources(catalog):
    """The source of every sample."""
    return [one.source for one in catalog.samples()]
