"""Predicting many pictures over all cores, in order, in flat memory."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from moue.face.backends import FaceSettings
from moue.files import write_bytes
from moue.media.image import encode_jpeg
from moue.media.read_file import MAX_BYTES
from moue.model.providers import Device
from moue.parallel import parallel_map
from moue.predict.prediction import AnyResult
from moue.predict.predictor import AnyPredictor, Predictor, annotate

# Where there is no room left, or no such folder may be made, the other files fare no better.
_ENDS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
QUALITY = 92
"""Of annotated copies."""


@dataclass(frozen=True, slots=True)
class PredictorConfig:
    """How to load a predictor: what a worker process is told in place of one.

    The values are those of `Predictor.load`.
    """

    model: Path | str | None = None
    face: FaceSettings | None = None
    max_error: float | None = None
    max_bytes: int = MAX_BYTES
    device: Device = "cpu"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file.

    Attributes:
        target: of the annotated copy; None for none.
        video: it is left to the caller, who gets None for it in its turn.
    """

    path: Path
    target: Path | None = None
    video: bool = False


@lru_cache(maxsize=1)
def get_predictor(recipe: PredictorConfig) -> AnyPredictor:
    """Return the predictor, loaded once in each process. Raises and warns as its `load`."""
    return Predictor.load(
        recipe.model,
        recipe.face,
        max_error=recipe.max_error,
        max_bytes=recipe.max_bytes,
        device=recipe.device,
    )


def predict_files(
    jobs: Iterable[BatchItem], recipe: PredictorConfig, workers: int, total: int
) -> Iterator[tuple[BatchItem, AnyResult | None]]:
    """Yield each file with its result, in order; a file that cannot be read gives its error.

    Decoding, finding and classifying one picture is one piece of work: while one core decodes,
    another finds, and nothing but paths and results goes between processes.

    Args:
        jobs: may be endless; only a few are held at a time.
        workers: processes; 0 is one for each core. Few files are done in this process.
        total: how many files are expected.
    """
    given, waiting = itertools.tee(jobs)
    results = parallel_map(partial(_predict, recipe), given, workers, total, _broken)
    return zip(waiting, results, strict=True)


def _predict(recipe: PredictorConfig, job: BatchItem) -> AnyResult | None:
    if job.video:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were shown when the caller loaded it
        predictor = get_predictor(recipe)
    if job.target is None:
        return predictor.file(job.path)
    result, image = predictor.file_with_pixels(job.path)
    if image is not None:
        try:
            write_bytes(job.target, encode_jpeg(annotate(image, result.faces), QUALITY))
        except (OSError, MemoryError) as error:
            if getattr(error, "errno", None) in _ENDS_ALL:
                raise
            return dataclasses.replace(result, error=f"no annotated copy: {error}")
    return result


def _broken(job: BatchItem) -> AnyResult:
    return AnyResult(
        file=str(job.path), error="its decoding ended the process; memory, or a bad file"
    )
