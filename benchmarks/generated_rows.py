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

_BATCH = 50_000
FOLDERS = 100
"""Number of folders of the pictures below each label."""
MOST_PATCHES = 200_000
"""Default of the maximum number of face patches."""
_FACE = (
    '[{"box":[10,10,90,90],"score":1.0,"lips":[30,60,70,75],"mouth_box":[30,47.5,70,87.5],'
    '"roll":0.0,"backend":"moue"}]'
)
# Like real names, these are not in the order of collection.
_NAME = "printf('%08x-%08d', i * 2654435761 % 4294967296, i)"
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
_SAMPLES = f"""
{_NUMBERS}
INSERT INTO samples (
    name, source, sha256, original, stamp, kind, tags, format, width, height, phash, faces, scores,
    backend
)
SELECT
    name,
    printf('/p/%s/%02d/%s.jpg', label, i % {FOLDERS}, name),
    lower(hex(randomblob(32))),
    name,
    '', 'photo', '{{}}', 'JPEG', 640, 480, random(), ?,
    printf(
        '{{"face_px":%.1f,"highlight":0.8,"shadow":0.1,"sharpness":%.4f}}',
        60 + i % 60, 0.02 + i % 997 / 1000.0
    ),
    'moue'
FROM (
    SELECT
        i, {_NAME} AS name,
        CASE
            WHEN i % 10 = 9 THEN 'other'
            ELSE CASE i % 4 {{labels}} END
        END AS label
    FROM n
)
"""
_NEAR = """
UPDATE samples SET phash = (
    SELECT (next.phash | 5) - (next.phash & 5) FROM samples AS next WHERE next.id = samples.id + 1
) WHERE id % 10 = 1 AND id < (SELECT max(id) FROM samples)
"""
_MOUTHS = """
INSERT INTO mouths (name, sample, face, width, backend)
SELECT name, name, 0, 60, 'moue' FROM samples ORDER BY id
"""


def write_catalog(
    path: Path, count: int, stages: dict[str, str], patches: int = MOST_PATCHES
) -> None:
    """Write a catalog of `count` pictures with one mouth each; one in ten is a near-duplicate.

    Nine in ten pictures are in folders that are named after a label, and one in ten is not.

    Args:
        path: path of the new catalog.
        count: number of pictures.
        stages: keys of the finished pixel stages, by stage.
        patches: maximum number of face patches, which take most of the time to generate.
    """
    create_catalog(path)
    labels = " ".join(f"WHEN {i} THEN '{label}'" for i, label in enumerate(LABELS))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -500000")
        kinds = "type = 'trigger' OR type = 'index' AND sql IS NOT NULL"
        found = db.execute(f"SELECT type, name, sql FROM sqlite_master WHERE {kinds}").fetchall()
        for kind, name, _ in found:
            db.execute(f"DROP {kind} {name}")
        db.execute("BEGIN")
        db.execute(_SAMPLES.replace("{labels}", labels), [count, _FACE])
        db.execute(_NEAR)
        db.execute("UPDATE samples SET mouth_phash = phash")
        db.execute(_MOUTHS)
        for stage, key in stages.items():
            db.execute(
                "INSERT INTO steps SELECT name, ?, ? FROM samples ORDER BY name", [stage, key]
            )
        _insert(db, "fingerprints", _fingerprints(min(count, patches)))
        db.execute("INSERT INTO roots VALUES ('/p')")
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
    return f"{number * 2654435761 % 2**32:08x}-{number:08d}"


def _insert(db: sqlite3.Connection, table: str, rows: Iterable[dict[str, object]]) -> None:
    for part in batched(rows, _BATCH):
        names = ", ".join(f'"{name}"' for name in part[0])
        marks = ", ".join("?" * len(part[0]))
        values = (tuple(row.values()) for row in part)
        db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


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
