"""A catalog of any size, filled without pictures and as fast as SQLite allows."""

from __future__ import annotations

import binascii
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from moue.dataset.similar_patches import FREQUENCIES, MEAN_FACE
from moue.face.face_patch import SIDE
from moue.workspace import counts
from moue.workspace.catalog import batched
from moue.workspace.schema import create_catalog
from moue.workspace.types import LABELS

FOLDERS = 100
"""Number of folders of the pictures below each label."""
MOST_PATCHES = 1_000_000
"""Maximum number of face patches; each takes 1.4 kB of the disk."""
_BATCH = 50_000
_SCORES = '{{"face_px":{:.1f},"highlight":0.8,"shadow":0.1,"sharpness":{:.4f}}}'
_FACE = (
    '[{"box":[10,10,90,90],"score":1.0,"lips":[30,60,70,75],"mouth_box":[30,47.5,70,87.5],'
    '"roll":0.0,"backend":"moue"}]'
)


def write_catalog(path: Path, count: int, stages: dict[str, str]) -> None:
    """Write a catalog of `count` pictures with one mouth each; one in ten is a near-duplicate.

    Nine in ten pictures are in folders that are named after a label, and one in ten is not.

    Args:
        path: path of the new catalog.
        count: number of pictures.
        stages: keys of the finished pixel stages, by stage.
    """
    create_catalog(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -500000")
        kinds = "type = 'trigger' OR type = 'index' AND sql IS NOT NULL"
        found = db.execute(f"SELECT type, name, sql FROM sqlite_master WHERE {kinds}").fetchall()
        for kind, name, _ in found:
            db.execute(f"DROP {kind} {name}")
        db.execute("BEGIN")
        _insert(db, "samples", _samples(count))
        _insert(db, "mouths", _mouths(count))
        for stage, key in stages.items():
            names = ((_name(i), stage, key) for i in range(count))
            db.executemany("INSERT INTO steps VALUES (?, ?, ?)", names)
        _insert(db, "fingerprints", _fingerprints(min(count, MOST_PATCHES)))
        db.execute("INSERT INTO roots VALUES ('/pictures')")
        for table, state in (("sample", counts.SAMPLE_STATE), ("mouth", counts.MOUTH_STATE)):
            db.execute(counts.recount(f"{table}s", state))
        for _, _, sql in found:
            db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")


def hashes(count: int) -> np.ndarray:
    """Return (N,) int64 hashes; one in ten differs from the next one in two bits."""
    values = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, count, np.int64)
    values[::10] = np.resize(values[1::10], len(values[::10])) ^ 5
    return values


def _name(number: int) -> str:
    # Like real names, these are not in the order of collection.
    return f"{number * 2654435761 % 2**32:08x}-picture-{number:08d}"


def _insert(db: sqlite3.Connection, table: str, rows: Iterable[dict[str, object]]) -> None:
    for part in batched(rows, _BATCH):
        names = ", ".join(f'"{name}"' for name in part[0])
        marks = ", ".join("?" * len(part[0]))
        values = (tuple(row.values()) for row in part)
        db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _samples(count: int) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(1)
    for number, one in enumerate(hashes(count).tolist()):
        name = _name(number)
        label = LABELS[number % 4] if number % 10 < 9 else "other"
        yield {
            "name": name,
            "source": f"/pictures/{label}/{number % FOLDERS:02d}/{name}.jpg",
            "sha256": rng.bytes(32).hex(),
            "original": f"originals/{name}.jpg",
            "stamp": "", "kind": "photo", "tags": "{}", "format": "JPEG", "width": 640,
            "height": 480, "phash": one, "mouth_phash": one, "faces": _FACE,
            "scores": _SCORES.format(60 + number % 60, (number % 997) / 1000 + 0.02),
            "backend": "moue",
        }  # fmt: skip


def _mouths(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        name = _name(number)
        yield {"name": name, "sample": name, "face": 0, "width": 60, "backend": "moue"}


def _fingerprints(count: int) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(2)
    number = 0
    while number < count:
        part = _patches(rng, min(5000, count - number))
        mirrors = rng.integers(-(2**63), 2**63 - 1, len(part), np.int64).tolist()
        for patch, mirror in zip(part, mirrors, strict=True):
            text = binascii.b2a_base64(patch.tobytes(), newline=False).decode()
            yield {"name": _name(number), "mirror_phash": mirror, "patch": text}
            number += 1


def _patches(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (N, SIDE, SIDE) uint8 patches with the statistics of aligned faces."""
    rows, columns = np.array(FREQUENCIES).T
    deviations = 0.3 * np.hypot(rows, columns) ** -0.9  # as measured on faces
    low = np.zeros((count, SIDE, SIDE), np.float32)
    low[:, rows, columns] = MEAN_FACE + deviations * rng.normal(size=(count, len(rows)))
    place, frequency = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE))
    basis = np.cos(np.pi * place * frequency / SIDE) * np.sqrt(2 / SIDE)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis.T @ (low * 1400) @ basis + 128).clip(0, 255).astype(np.uint8)
