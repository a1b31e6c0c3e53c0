"""Predict a list of any length into one Parquet file, in parts that survive a kill.

Each part has the results of the same number of rows of the list. A part appears when it is
complete, so a repeated call continues after the last part. At the end, the parts become one file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from moue.engine import Engine
from moue.errors import DataError, FileTaken
from moue.files import check_free, make_folder, read_json, remove_parts, write_json
from moue.parquet_files import ParquetWriter, merge_parquet
from moue.predict.batch import PredictorConfig, get_predictor
from moue.predict.picture_list import ListedPicture, PictureList
from moue.predict.prediction import AnyResult
from moue.predict.predictor import AnyPredictor
from moue.predict.result_table import result_rows, result_schema
from moue.progress import Progress

PART_ROWS = 10_000
"""Number of pictures of one part."""
_JOB = "job.json"
_CRASHED = "the worker process crashed: it ran out of memory, or the file is damaged"


@dataclass(slots=True)
class BulkCounts:
    """Counts of a bulk prediction.

    Attributes:
        pictures: number of pictures of the list.
        earlier: number of pictures that an earlier call predicted.
        faces: number of faces that this call predicted.
        errors: number of pictures that this call could not read.
    """

    pictures: int
    earlier: int = 0
    faces: int = 0
    errors: int = 0


def parts_folder(out: Path) -> Path:
    """Return the folder of the parts of an output file."""
    return out.with_name(f"{out.name}.parts")


def predict_list(
    pictures: PictureList,
    config: PredictorConfig,
    out: Path,
    engine: Engine,
    progress: Progress,
    overwrite: bool = False,
    part_rows: int | None = None,
) -> BulkCounts:
    """Predict all pictures of a list, and write `out`.

    Args:
        pictures: list.
        config: model and settings.
        out: path of the Parquet file to write.
        engine: engine that runs the predictions.
        progress: progress display.
        overwrite: True to replace `out`, and parts of another list or model.
        part_rows: number of pictures of one part; None for `PART_ROWS`.

    Raises:
        FileTaken: `out` exists, or its parts are those of another list, model or setting.
        DataError: the list or a part is damaged.
    """
    part_rows, total = part_rows or PART_ROWS, pictures.rows
    predictor = get_predictor(config)
    labels = predictor.classifier.spec.labels
    job = _Job(parts_folder(out), _identity(pictures, config, predictor, part_rows), part_rows)
    if job.is_finished() and out.exists():  # killed after the last step
        job.remove()
        return BulkCounts(total, earlier=total)
    if not job.is_complete(total):  # else killed while the parts became the file
        check_free(out, overwrite)
    job.begin(overwrite)
    counts = BulkCounts(total, earlier=min(total, job.done() * part_rows))
    schema = result_schema(labels)
    found = _results(pictures, counts.earlier, config, engine)
    tracked = progress.track(found, "predict", total - counts.earlier, engine.describe)
    for part in job.missing(total):
        size = min(part_rows, total - part * part_rows)
        writer = ParquetWriter(job.path(part), schema)
        try:
            for row, result in _first(tracked, size):
                counts.faces += len(result.faces)
                counts.errors += result.error is not None
                for values in result_rows(row, result, labels):
                    writer.add(values)
            writer.close()
        except BaseException as error:
            writer.abandon(error)
            raise
    if not total:
        ParquetWriter(job.path(0), schema).close()
    merge_parquet(job.parts(), out, overwrite)
    job.finish()
    return counts


@dataclass(frozen=True, slots=True)
class _Job:
    """The folder of the parts.

    Attributes:
        folder: path of the folder.
        identity: digest of the list, the model and the settings.
        rows: number of pictures of one part.
    """

    folder: Path
    identity: str
    rows: int

    def begin(self, overwrite: bool) -> None:
        """Create the folder, or check that its parts belong to this job."""
        path = self.folder / _JOB
        remove_parts(self.folder, deep=False)
        if path.exists() and self._state().get("identity") != self.identity:
            if not overwrite:
                raise FileTaken(
                    f"{self.folder} has results of another list, model or setting; delete the "
                    "folder, name another --out, or add --overwrite"
                )
            self.remove()
        elif self.folder.exists() and not path.exists() and any(self.folder.iterdir()):
            raise FileTaken(f"{self.folder}: moue needs this folder for parts; move it away")
        make_folder(self.folder)
        write_json(path, {"identity": self.identity})

    def is_finished(self) -> bool:
        """Return whether the parts have become the output file."""
        return self._state() == {"identity": self.identity, "finished": True}

    def is_complete(self, total: int) -> bool:
        """Return whether the folder has all parts of this job, for a list of `total` pictures."""
        return self._state().get("identity") == self.identity and not self.missing(total)

    def finish(self) -> None:
        """Remove the parts, which have become the output file."""
        write_json(self.folder / _JOB, {"identity": self.identity, "finished": True})
        self.remove()

    def path(self, number: int) -> Path:
        """Return the path of a part."""
        return self.folder / f"part-{number:06}.parquet"

    def done(self) -> int:
        """Return the number of complete parts before the first missing one."""
        return next(number for number in count() if not self.path(number).exists())

    def missing(self, total: int) -> range:
        """Return the numbers of the parts to write, for a list of `total` pictures."""
        return range(self.done(), -(-total // self.rows))

    def parts(self) -> list[Path]:
        """Return the paths of the complete parts."""
        return [self.path(number) for number in range(self.done())]

    def remove(self) -> None:
        """Remove the parts and the folder; other files stay."""
        for path in self.folder.glob("part-*.parquet"):
            path.unlink()
        (self.folder / _JOB).unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _state(self) -> dict[str, Any]:
        try:
            return read_json(self.folder / _JOB)
        except (DataError, FileNotFoundError):
            return {}


def _identity(
    pictures: PictureList, config: PredictorConfig, predictor: AnyPredictor, part_rows: int
) -> str:
    values = (
        pictures.identity(), predictor.classifier.sha256, config.face, config.max_error,
        config.max_bytes, part_rows,
    )  # fmt: skip
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _results(
    pictures: PictureList, start: int, config: PredictorConfig, engine: Engine
) -> Iterator[tuple[int, AnyResult]]:
    """Yield the number of each picture from `start` on, with its result, in order."""
    model = get_predictor(config) if engine.is_remote else config
    reads = [] if pictures.has_bytes else [pictures.path.parent]
    results = engine.map(
        partial(_predict, model), pictures.pictures(start), pictures.rows - start, _crashed,
        reads=reads,
    )  # fmt: skip
    return enumerate(results, start)


def _predict(model: PredictorConfig | AnyPredictor, picture: ListedPicture) -> AnyResult:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the calling process has shown the warnings already
        predictor = get_predictor(model) if isinstance(model, PredictorConfig) else model
    if picture.path is not None:
        result = predictor.predict_file(picture.path)
    elif not picture.data:
        return AnyResult(file=picture.name, error="the row of the list is empty")
    else:
        result = predictor.predict_file(picture.data)
    return dataclasses.replace(result, file=picture.name)


def _crashed(picture: ListedPicture) -> AnyResult:
    return AnyResult(file=picture.name, error=_CRASHED)


def _first(items: Iterator[tuple[int, AnyResult]], number: int) -> Iterator[tuple[int, AnyResult]]:
    for _ in range(number):
        yield next(items)
