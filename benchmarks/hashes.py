"""The perceptual hash of a 1080p JPEG, compared with `imagehash.phash`."""

from __future__ import annotations

from pathlib import Path

import PIL.Image

from benchmarks.inputs import Bench
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.dataset.phash import HASH_SIDE, phash
from moue.media.image import Picture

GOAL = 5.0


def run(bench: Bench) -> list[Row]:
    """Time from file to 64 bits."""
    try:
        import imagehash
    except ImportError:
        return [Row(step="perceptual hash", moue="", note="left out: pip install 'moue[bench]'")]

    def theirs(path: Path) -> None:
        with PIL.Image.open(path) as image:
            imagehash.phash(image)

    spent = race(theirs, _hash, bench.jpegs(bench.few(20, 6)), bench.few(7, 3))
    note = "compared with imagehash; the tutorial has no code for duplicates"
    return [times("perceptual hash: 1080p JPEG", *spent, GOAL, note)]


def _hash(path: Path) -> int:
    return phash(Picture(path.read_bytes()).grey(HASH_SIDE))
