"""`moue people`: precision and recall of pairs of the bundled pictures, and time per picture."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.inputs import Bench
from benchmarks.table import Row
from benchmarks.timing import timed
from moue.dataset.subject_clusters import MAX_DISTANCE, find_subjects
from moue.demo.raw_folder import demo_pictures
from moue.face.backends import FaceSettings, detect_faces
from moue.face.embedding import embedder
from moue.media.image import Picture

Named = list[tuple[str, np.ndarray]]
"""Person and embedding of each picture."""


def run(bench: Bench) -> list[Row]:
    """Compare the suggested people with those in `pictures.csv`, by kind of picture."""
    embedder()  # its models are loaded once
    rows = []
    for kind, words in (("face", "edited generated photos"), ("head", "heads of one 3D model")):
        named: Named = []
        spent = timed(partial(_extend, named, kind, bench.few(1, 2)))
        rows.append(_row(words, named, spent.cpu / max(1, len(named))))
    return rows


def _extend(named: Named, kind: str, part: int) -> None:
    named.extend(_embedded(kind, part))


def _embedded(kind: str, part: int) -> Named:
    chosen = [one for one in demo_pictures() if one.path.name.startswith(kind)]
    return [(one.person, _embedding(one.path)) for one in chosen[: len(chosen) // part]]


def _embedding(path: Path) -> np.ndarray:
    picture = Picture(path.read_bytes())
    return embedder()(picture.rgb(), detect_faces(picture, FaceSettings())[0])


def _row(words: str, named: Named, each: float) -> Row:
    found = np.array([one for _, one in named])
    pairs = set(combinations(range(len(named)), 2))
    true = {(a, b) for a, b in pairs if named[a][0] == named[b][0]}
    pairs_found = {pair for rows in find_subjects(found) for pair in combinations(rows.tolist(), 2)}
    right = len(true & pairs_found)
    persons = len({person for person, _ in named})
    return Row(
        step=f"people: {len(named)} {words} of {persons}",
        moue=f"precision {right / max(1, len(pairs_found)):.2f}, "
        f"recall {right / max(1, len(true)):.2f}",
        note=f"pairs at {MAX_DISTANCE:g}; {each:.0f} ms of CPU per picture, including detection",
    )
