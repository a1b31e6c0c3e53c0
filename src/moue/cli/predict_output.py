"""Read the input and write the output of `moue predict`, one picture or frame at a time."""

from __future__ import annotations

import csv
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.predict_rows import line_of, rows_of
from moue.dataset.collect.source_lists import is_workspace
from moue.engine import SERIAL, Engine
from moue.errors import ImageError, MoueError, SourceError
from moue.file_walker import SPECIAL, UNREADABLE, Files, find
from moue.files import (
    absolute,
    check_free,
    make_folder,
    probe,
    remove_parts,
    replacing,
    write_bytes,
)
from moue.media.image import encode_jpeg
from moue.media.read_file import read_stream
from moue.media.video import frame_count, is_video, write_video
from moue.predict.annotate import annotate
from moue.predict.batch import (
    JPEG_QUALITY,
    BatchItem,
    PredictorConfig,
    get_predictor,
    predict_files,
)
from moue.predict.prediction import AnyResult
from moue.predict.predictor import AnyPredictor
from moue.progress import Progress
from moue.text import ERRORS, shortened

STDIN = Path("-")
"""Source that reads a picture from standard input."""
_COLUMNS = (
    "file", "frame", "time", "face", "label", "probability", "x0", "y0", "x1", "y1", "score",
    "roll", "opening", "width", "smile_left", "smile_right", "pucker",
)  # fmt: skip
"""First columns of the CSV file. A column `p_LABEL` for the probability of each label follows."""


def results(
    recipe: PredictorConfig,
    found: Files,
    every: float,
    folder: Path | None,
    progress: Progress,
    engine: Engine = SERIAL,
    overwrite: bool = False,
    stdin: bool = False,
) -> Iterator[AnyResult]:
    """Yield the results of all pictures and frames in order, and write annotated copies.

    The last results are the errors of files and folders that cannot be read.

    Args:
        recipe: Model and settings of the prediction.
        found: Files to predict.
        every: Interval between the processed frames of a video, in seconds; 0 processes all frames.
        folder: Output folder for the annotated copies; None to write no copies.
        progress: Progress display.
        engine: Engine that runs the predictions.
        overwrite: True to replace existing files in `folder`.
        stdin: True to predict the picture on standard input first.

    Raises:
        FileTaken: A file in `folder` exists with other content, and `overwrite` is false.
        SourceError: An annotated copy would replace an input file.
    """
    if stdin:
        yield _from_stdin(get_predictor(recipe), folder, overwrite)
    total = len(found)
    if stdin and not total:
        return
    with _probes(folder if engine.is_remote else None) as probes:
        reads = [*probes, *_read_paths(found)] if engine.is_remote else []
        done = predict_files(_jobs(found, folder, overwrite), recipe, engine, total, reads)
        for job, result in progress.track(done, "predict", total, engine.describe):
            if result is None:
                yield from _video(get_predictor(recipe), job.path, every, job.target, progress)
            else:
                yield result
    for item in found.skipped.items:
        if item.reason in (UNREADABLE, SPECIAL):
            yield AnyResult(file=str(item.path), error=f"left out: {item.words}")


@contextmanager
def _probes(folder: Path | None) -> Iterator[list[Path]]:
    """Yield a probe file in the output folder, by which the nodes of a cluster recognise it."""
    if folder is None:
        yield []
        return
    make_folder(folder)
    with probe(absolute(folder)) as file:
        yield [file]
    remove_parts(folder)  # of pictures that a lost node did not finish


def _read_paths(found: Files) -> list[Path]:
    """Return absolute paths that every node must be able to read."""
    roots = dict.fromkeys(root for root, _ in found)
    here = [] if all(root.is_absolute() for root in roots) else [Path.cwd()]
    return [*here, *map(absolute, (*roots, *islice(found.paths(), 1)))]


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
            # Videos are too large to compare their content later.
            check_free(target, overwrite or not video)
        yield BatchItem(path, target, video, overwrite)


def _is_video(path: Path) -> bool:
    try:
        return path.is_file() and is_video(path)
    except (OSError, UnicodeError):
        return False  # predicting it reports the error


def _spared(found: Files, folder: Path) -> set[Path]:
    """Return the resolved paths of the input files.

    Raises:
        SourceError: An annotated copy in `folder` would replace an input file.
    """
    taken = {_resolved(path) for path in found.paths()}
    for root, path in found:
        if _resolved(folder / path.relative_to(root)) in taken:
            raise SourceError(
                f"{folder}: the annotated copy of {path.name} would replace that input file; "
                "choose another folder for --annotated"
            )
    return taken


def spare(target: Path, found: Files) -> None:
    """Check that an output file is not an input file.

    Args:
        target: Path of the output file.
        found: Input files.

    Raises:
        SourceError: `target` is an input file.
    """
    if target.is_file() and any(path.exists() and path.samefile(target) for path in found.paths()):
        raise SourceError(
            f"{target}: this output file is one of the input files; choose another path"
        )


def write(
    results: Iterable[AnyResult],
    table: Path | None,
    labels: Sequence[str],
    as_json: bool,
    shown: ConsoleProgress,
) -> None:
    """Print each result as text or JSON, and write one CSV row per face.

    Args:
        results: Results in order.
        table: Path of the CSV file; None to write no CSV file.
        labels: Labels of the columns with the probabilities, in the order of the model.
        as_json: True to print one JSON object per result instead of text.
        shown: Progress display that prints the results.

    Raises:
        SourceError: No file could be read. It is raised after the last result.
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
                shown.result(line_of(result))
            if writer is not None:
                writer.writerows(rows_of(result, labels))
            read |= result.error is None
            if result.error is not None and len(errors) < 2:
                errors.add(result.error)
    if not read:
        raise SourceError(_nothing_read(errors))


def _nothing_read(errors: Collection[str]) -> str:
    """Return the message of the error that no file could be read.

    The message contains the error of the files if all files have the same error.
    """
    if len(errors) == 1:
        return f"no file could be read: {next(iter(errors))}"
    return "no file could be read; see the error of each file above"


def files(sources: Iterable[Path], progress: Progress, as_json: bool = False) -> Files:
    """Find the pictures and videos in the sources, and print the skipped files on stderr.

    Args:
        sources: Paths of files and folders.
        progress: Progress display that prints the notes about skipped files.
        as_json: True to print one JSON object about the skipped files instead of notes.

    Raises:
        SourceError: A source does not exist or cannot be read.
    """
    found = find(sources, is_workspace)
    if as_json and found.skipped.counts:
        output.data({"left_out": found.skipped.to_dict()}, err=True)
    elif not as_json:
        for note in found.skipped.notes():
            progress.say(f"note: {note}")
    return found


def _copy(place: Path, suffix: str, taken: set[Path]) -> Path:
    """Return an unused path for an annotated copy, and add the path to `taken`.

    Args:
        place: Path in the output folder, with the name of the input file.
        suffix: Suffix of the copy.
        taken: Resolved paths of all input files and copies.
    """
    # The old suffix stays in the name: a.png and a.gif must not both become a.jpg.
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
        return path  # a loop of symbolic links, or a name that is too long


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
        except MoueError as error:  # the annotated frames before the error remain
            yield AnyResult(file=str(path), error=str(error).removeprefix(f"{path}: "))
