"""Input and output of `moue predict`, one picture or frame at a time in constant memory."""

from __future__ import annotations

import csv
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.dataset.collect.source_lists import is_workspace
from moue.errors import ImageError, MoueError, SourceError
from moue.file_walker import SPECIAL, UNREADABLE, Files, find
from moue.files import check_free, replacing, write_bytes
from moue.media.image import encode_jpeg
from moue.media.read_file import read_stream
from moue.media.video import frame_count, is_video, write_video
from moue.predict.batch import (
    JPEG_QUALITY,
    BatchItem,
    PredictorConfig,
    get_predictor,
    predict_files,
)
from moue.predict.prediction import AnyPrediction, AnyResult
from moue.predict.predictor import AnyPredictor, annotate
from moue.progress import Progress
from moue.text import ERRORS, shortened

STDIN = Path("-")
"""The source that stands for a picture on standard input."""
_COLUMNS = (
    "file", "frame", "time", "face", "label", "probability", "x0", "y0", "x1", "y1", "score",
    "roll", "opening", "width", "smile_left", "smile_right", "pucker",
)  # fmt: skip
"""Columns of the CSV file; a column `p_LABEL` with the probability of each label follows."""


def results(
    recipe: PredictorConfig,
    found: Files,
    every: float,
    folder: Path | None,
    progress: Progress,
    workers: int = 1,
    overwrite: bool = False,
    stdin: bool = False,
) -> Iterator[AnyResult]:
    """Yield the result of every picture and frame, and write annotated copies to `folder`.

    Folders and files that cannot be read follow as errors.

    Args:
        stdin: begin with the picture on standard input.
        overwrite: replace files that have the names of the copies and other content.

    Raises:
        FileTaken: such a file is there, and is not to be replaced.
        SourceError: `folder` is where the pictures are.
    """
    if stdin:
        yield _from_stdin(get_predictor(recipe), folder, overwrite)
    total = len(found)
    if stdin and not total:
        return
    done = predict_files(_jobs(found, folder, overwrite), recipe, workers, total)
    for job, result in progress.track(done, "predict", total):
        if result is None:
            yield from _video(get_predictor(recipe), job.path, every, job.target, progress)
        else:
            yield result
    for item in found.skipped.items:
        if item.reason in (UNREADABLE, SPECIAL):
            yield AnyResult(file=str(item.path), error=f"left out: {item.words}")


def _from_stdin(predictor: AnyPredictor, folder: Path | None, overwrite: bool) -> AnyResult:
    try:
        data = read_stream(sys.stdin.buffer, predictor.max_bytes)
    except ImageError as error:
        return AnyResult(file=str(STDIN), error=str(error))
    result, image = predictor.predict_file(data, return_image=True)
    if folder is not None and image is not None:
        copy = encode_jpeg(annotate(image, result.faces), JPEG_QUALITY)
        write_bytes(folder / "stdin.jpg", copy, overwrite)
    return replace(result, file=str(STDIN))


def _jobs(found: Files, folder: Path | None, overwrite: bool) -> Iterator[BatchItem]:
    taken = set() if folder is None else _spared(found, folder)
    for root, path in found:
        video = _is_video(path)
        target = None
        if folder is not None:
            target = _copy(folder / path.relative_to(root), ".mp4" if video else ".jpg", taken)
            check_free(target, overwrite or not video)  # a video takes too long to compare it later
        yield BatchItem(path, target, video, overwrite)


def _is_video(path: Path) -> bool:
    try:
        return path.is_file() and is_video(path)
    except (OSError, UnicodeError):
        return False  # predicting it reports the error


def _spared(found: Files, folder: Path) -> set[Path]:
    """Return the input files; raise SourceError if an annotated copy would replace one."""
    taken = {_resolved(path) for path in found.paths()}
    for root, path in found:
        if _resolved(folder / path.relative_to(root)) in taken:
            raise SourceError(
                f"{folder}: contains the original {path.name}; choose another folder for "
                f"--annotated"
            )
    return taken


def spare(target: Path, found: Files) -> None:
    """Check that an output file is not an input file.

    Raises:
        SourceError: it is.
    """
    if target.is_file() and any(path.exists() and path.samefile(target) for path in found.paths()):
        raise SourceError(f"{target}: is one of the input files; choose another output file")


def write(
    results: Iterable[AnyResult],
    table: Path | None,
    labels: Sequence[str],
    as_json: bool,
    shown: ConsoleProgress,
) -> None:
    """Print the results as they arrive, and write one CSV row per face.

    Args:
        labels: of the model, in its order; they name the last columns.

    Raises:
        SourceError: no file could be read; raised at the end.
    """
    read, errors = False, set[str]()
    with ExitStack() as stack:
        writer = None
        if table is not None:
            special = table.exists() and not table.is_file()  # such as /dev/stdout
            part = stack.enter_context(nullcontext(table) if special else replacing(table))
            file = stack.enter_context(part.open("w", encoding="utf-8", errors=ERRORS, newline=""))
            writer = csv.writer(file)
            writer.writerow([*_COLUMNS, *(f"p_{label}" for label in labels)])
        for result in results:
            if as_json:
                shown.data(result.to_dict())
            else:
                shown.result(_line(result))
            if writer is not None:
                writer.writerows(_rows(result, labels))
            read |= result.error is None
            if result.error is not None and len(errors) < 2:
                errors.add(result.error)
    if not read:
        raise SourceError(_nothing_read(errors))


def _nothing_read(errors: Collection[str]) -> str:
    """Return why no file could be read: the error itself if all files have the same."""
    if len(errors) == 1:
        return f"no file could be read: {next(iter(errors))}"
    return "no file could be read; the lines above give the reasons"


def files(sources: Iterable[Path], progress: Progress, as_json: bool = False) -> Files:
    """Search the sources once; print what is left out on stderr, as text or JSON.

    Raises:
        SourceError: a source does not exist or cannot be read.
    """
    found = find(sources, is_workspace)
    if as_json and found.skipped.counts:
        output.data({"left_out": found.skipped.to_dict()}, err=True)
    elif not as_json:
        for note in found.skipped.notes():
            progress.say(f"note: {note}")
    return found


def _copy(place: Path, suffix: str, taken: set[Path]) -> Path:
    """Return the path of an annotated copy, which is no input file and no other copy."""
    # The old suffix stays in the name, so that a.png and a.gif do not both become a.jpg.
    fits = suffix == ".jpg" and place.suffix.lower() in (".jpg", ".jpeg")
    first = copy = place if fits else place.with_name(shortened(f"{place.name}{suffix}"))
    number = 1
    while _resolved(copy) in taken:
        number += 1
        copy = first.with_name(shortened(f"{first.stem}-{number}{first.suffix}"))
    taken.add(_resolved(copy))
    return copy


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path  # a circle of links, or a name that is too long


def _video(
    predictor: AnyPredictor, path: Path, every: float, target: Path | None, progress: Progress
) -> Iterator[AnyResult]:
    with ExitStack() as stack:
        try:
            add = None if target is None else stack.enter_context(write_video(target, every))
            found = predictor.predict_video(path, every)
            for result, image in progress.track(found, path.name, frame_count(path, every)):
                if add is not None:
                    add(annotate(image, result.faces), result.time or 0.0)
                yield result
        except MoueError as error:  # the annotated frames before it are kept
            yield AnyResult(file=str(path), error=str(error).removeprefix(f"{path}: "))


def _line(result: AnyResult) -> str:
    where = result.file if result.time is None else f"{result.file} at {result.time:.2f} s"
    note = f" ({result.note})" if result.note else ""
    if result.error:
        return f"{where}: {result.error}"
    if not result.faces:
        return f"{where}: {_no_face(result)}{note}"
    return f"{where}: " + ", ".join(map(_words, result.faces)) + note


def _words(face: AnyPrediction) -> str:
    return f"{face.describe()} (face {face.face.score:.3g})"


def _no_face(result: AnyResult) -> str:
    least, side = result.min_face or 0, min(result.width or 0, result.height or 0)
    if least <= side:
        return f"no face of {least} px or more"
    return (
        f"no face: the picture has {result.width} x {result.height} px, and faces under {least} px "
        f"are not detected; --min-face {max(8, min(24, side))} detects smaller ones"
    )


def _rows(result: AnyResult, labels: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for number, face in enumerate(result.faces):
        box = (round(float(v), 1) for v in face.face.mouth_box)
        shares = (round(face.probabilities[label], 4) for label in labels)
        yield (result.file, result.frame, result.time, number, face.label,
               round(face.probability, 4), *box, round(face.face.score, 4),
               round(face.face.roll, 1), *_measures(face), *shares)  # fmt: skip


def _measures(face: AnyPrediction) -> tuple[float | None, ...]:
    """Return the five measures in the order of their columns; None without measures."""
    found = face.measures
    return (None,) * 5 if found is None else tuple(found.to_dict().values())
