"""Predict many pictures on all CPU cores, in order and in constant memory."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from moue.engine import Engine
from moue.errors import reason_of
from moue.face.backends import FaceSettings
from moue.files import write_bytes
from moue.media.image import encode_jpeg
from moue.media.read_file import MAX_BYTES
from moue.model.providers import Device
from moue.predict.annotate import annotate
from moue.predict.prediction import AnyResult
from moue.predict.predictor import AnyPredictor, Predictor

# Errors that would occur for all other files too, such as a full disk.
_FATAL_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
JPEG_QUALITY = 92
"""JPEG quality of annotated copies."""


@dataclass(frozen=True, slots=True)
class PredictorConfig:
    """The arguments of `Predictor.load`, which are passed to the worker processes."""

    model: Path | str | None = None
    face: FaceSettings | None = None
    max_error: float | None = None
    max_bytes: int = MAX_BYTES
    device: Device = "cpu"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file to predict.

    Attributes:
        path: path of the file.
        target: path of the annotated copy; None to write no copy.
        video: True for a video, which is not predicted; its result is None.
        overwrite: True to replace a file at `target` that has other content.
    """

    path: Path
    target: Path | None = None
    video: bool = False
    overwrite: bool = True


@lru_cache(maxsize=1)
def get_predictor(config: PredictorConfig) -> AnyPredictor:
    """Return the predictor of a config, loaded once per process.

    Errors and warnings are those of `Predictor.load`.
    """
    return Predictor.load(
        config.model,
        config.face,
        max_error=config.max_error,
        max_bytes=config.max_bytes,
        device=config.device,
    )


def predict_files(
    items: Iterable[BatchItem],
    config: PredictorConfig,
    engine: Engine,
    total: int,
    reads: Sequence[Path] = (),
) -> Iterator[tuple[BatchItem, AnyResult | None]]:
    """Yield each item with its result, in order.

    The result of an unreadable file contains the error; the result of a video is None. A worker
    process decodes the picture, detects the faces and classifies the mouths, so that only paths
    and results pass between processes.

    Args:
        items: files to predict; may be an endless iterator, of which a few items are in memory.
        config: arguments of the predictor.
        engine: engine that runs the predictions. Other machines receive the loaded model, since
            they cannot read its files.
        total: expected number of files, which determines whether worker processes are started.
        reads: folders of the files, which each node of a cluster must see.
    """
    inputs, outputs = itertools.tee(items)
    model = get_predictor(config) if engine.is_remote else config
    results = engine.map(partial(_predict, model), inputs, total, _worker_crashed, reads=reads)
    return zip(outputs, results, strict=True)


def _predict(model: PredictorConfig | AnyPredictor, item: BatchItem) -> AnyResult | None:
    if item.video:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the calling process has shown the warnings already
        predictor = get_predictor(model) if isinstance(model, PredictorConfig) else model
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
            return dataclasses.replace(
                result, error=f"the annotated copy was not written: {reason_of(error)}"
            )
    return result


def _worker_crashed(item: BatchItem) -> AnyResult:
    return AnyResult(
        file=str(item.path),
        error="the worker process crashed: it ran out of memory, or the file is damaged",
    )
