"""Predict many pictures on all cores, in order, in constant memory."""

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

# Errors that all other files would meet too, such as a full disk.
_FATAL_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
JPEG_QUALITY = 92
"""JPEG quality of annotated copies."""


@dataclass(frozen=True, slots=True)
class PredictorConfig:
    """The arguments of `Predictor.load`: worker processes get these instead of a predictor."""

    model: Path | str | None = None
    face: FaceSettings | None = None
    max_error: float | None = None
    max_bytes: int = MAX_BYTES
    device: Device = "cpu"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file to predict.

    Attributes:
        target: the path of the annotated copy; None for no copy.
        overwrite: replace a file there that has other content.
        video: a video is left to the caller, who gets None in its place.
    """

    path: Path
    target: Path | None = None
    video: bool = False
    overwrite: bool = True


@lru_cache(maxsize=1)
def get_predictor(config: PredictorConfig) -> AnyPredictor:
    """Return the predictor, loaded once per process; errors and warnings are those of `load`."""
    return Predictor.load(
        config.model,
        config.face,
        max_error=config.max_error,
        max_bytes=config.max_bytes,
        device=config.device,
    )


def predict_files(
    items: Iterable[BatchItem], config: PredictorConfig, workers: int, total: int
) -> Iterator[tuple[BatchItem, AnyResult | None]]:
    """Yield each file with its result, in order; an unreadable file gives its error.

    One task decodes, detects and classifies one picture, so that only paths and results pass
    between processes.

    Args:
        items: may be endless; only a few are held at a time.
        workers: number of processes; 0 means one per core. Few files run in this process.
        total: the expected number of files.
    """
    inputs, outputs = itertools.tee(items)
    results = parallel_map(partial(_predict, config), inputs, workers, total, _worker_crashed)
    return zip(outputs, results, strict=True)


def _predict(config: PredictorConfig, item: BatchItem) -> AnyResult | None:
    if item.video:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the caller has shown them already
        predictor = get_predictor(config)
    if item.target is None:
        return predictor.predict_file(item.path)
    result, image = predictor.predict_file(item.path, return_image=True)
    if image is not None:
        try:
            copy = encode_jpeg(annotate(image, result.faces), JPEG_QUALITY)
            write_bytes(item.target, copy, item.overwrite)
        except (OSError, MemoryError) as error:
            if getattr(error, "errno", None) in _FATAL_ERRNO:
                raise
            return dataclasses.replace(result, error=f"no annotated copy: {error}")
    return result


def _worker_crashed(item: BatchItem) -> AnyResult:
    return AnyResult(
        file=str(item.path),
        error="the worker process crashed while decoding it: out of memory, or a damaged file",
    )
