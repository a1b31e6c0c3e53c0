"""The values of pictures that the search for duplicates compares, as objects and as arrays."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.dataset.file_stems import original_stem
from moue.text import ERRORS
from moue.workspace.catalog import Catalog
from moue.workspace.duplicate_columns import candidate_rows
from moue.workspace.types import Sample

_MAX_SAME_STEM = 32
"""Maximum pictures with one stem; more are a numbered series, such as `a (1)` to `a (500)`."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The values of a picture that `dedupe` compares.

    Attributes:
        name: Name of the sample.
        sha256: SHA-256 of the original.
        phash: 64-bit perceptual hash of the picture.
        mouth_phash: 64-bit perceptual hash of the mouth of the main face; 0 if there is no face.
        quality: (size in pixels, sharpness) of the main face; the best picture has the maximum.
        single: Whether exactly one face was detected.
        stem: File name stem without suffixes such as `_flip`; empty for frames of a video.
        free: Whether `dedupe` may drop the picture; False if the user or another stage has decided.
    """

    name: str
    sha256: str
    phash: int
    mouth_phash: int
    quality: tuple[float, float]
    single: bool
    stem: str
    free: bool

    @classmethod
    def of(cls, sample: Sample) -> Signature:
        """Return the signature of a sample."""
        return cls(
            sample.name,
            sample.sha256,
            sample.phash or 0,
            sample.mouth_phash or 0,
            (sample.scores.get("face_px", 0.0), sample.scores.get("sharpness", 0.0)),
            single=len(sample.faces or ()) == 1,
            stem="" if sample.video else original_stem(sample.source),
            free=sample.decided_by in (None, "dedupe"),
        )


class Signatures:
    """The signatures of N pictures as arrays; all of them are in memory at once.

    Attributes:
        numbers: (N,) int64 row numbers of the samples.
        phash, mouth_phash: (N,) uint64; see `Signature`.
        quality: (N, 2) float64.
        single, free: (N,) bool.
        digests, stems: (N,) uint64 hashes of the SHA-256 and of the file name stem; the hash of an
            empty stem is 0.
    """

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Fill the arrays.

        Args:
            rows: (row number, SHA-256, phash, mouth_phash, face_px, sharpness, single, stem, free)
                tuples.
        """
        columns = [array(kind) for kind in "qQQQddbQb"]
        for number, sha256, phash, mouth, size, sharpness, single, stem, free in rows:
            values = (
                number, _digest(sha256), phash % _HASHES, mouth % _HASHES, size, sharpness, single,
                _digest(stem) if stem else 0, free,
            )  # fmt: skip
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        arrays = [np.array(column, column.typecode) for column in columns]
        self.numbers, self.digests, self.phash, self.mouth_phash = arrays[:4]
        self.quality = np.stack(arrays[4:6], axis=1)
        self.single, self.stems, self.free = arrays[6].astype(bool), arrays[7], arrays[8] != 0

    @classmethod
    def of(cls, rows: Sequence[Signature]) -> Signatures:
        """Return the signatures as arrays; the row numbers are 0 to N - 1."""
        return cls(
            (i, r.sha256, r.phash, r.mouth_phash, *r.quality, r.single, r.stem, r.free)
            for i, r in enumerate(rows)
        )

    @classmethod
    def candidates(cls, catalog: Catalog) -> Signatures:
        """Return the signatures of the samples on which `dedupe` may decide."""
        return cls(
            (number, sha256, phash or 0, mouth or 0, size or 0.0, sharpness or 0.0, faces == 1,
             "" if frame else original_stem(source), author in (None, "dedupe"))
            for number, sha256, phash, mouth, size, sharpness, faces, source, frame, author
            in candidate_rows(catalog)
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.numbers)


_HASHES = 1 << 64


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", ERRORS), digest_size=8).digest(), "little")


def indices_by_stem(stems: npt.NDArray[np.uint64]) -> Iterator[list[int]]:
    """Yield the indices of pictures that share a file name stem, as one list for each stem.

    Args:
        stems: (N,) hashes of the stems; 0 for no stem.
    """
    order = np.argsort(stems, kind="stable")
    order = order[stems[order] != 0]
    starts = np.flatnonzero(np.diff(stems[order], prepend=np.uint64(0)))
    counts = np.diff(starts, append=len(order))
    several = (counts > 1) & (counts <= _MAX_SAME_STEM)
    # In the order of the first picture of each stem.
    for at in np.flatnonzero(several)[np.argsort(order[starts[several]])].tolist():
        yield order[starts[at] : starts[at] + counts[at]].tolist()
