"""What `moue predict` reads and writes, one picture or frame at a time, in flat memory."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from moue.bulk import Job, Recipe, loaded, predicted
from moue.errors import MoueError, SourceError
from moue.predict import Predictor, Result, annotated
from moue.progress import Progress
from moue.video import frame_count, is_video, write_video

_COLUMNS = ("file", "frame", "time", "face", "label", "probability", "x0", "y0", "x1", "y1")


def results(
    recipe: Recipe,
    sources: Sequence[Path],
    every: float,
    folder: Path | None,
    progress: Progress,
    workers: int = 1,
) -> Iterator[Result]:
    """Yield the result of every picture and frame, and write annotated copies to `folder`.

    Raises:
        SourceError: a source does not exist, or `folder` is where the pictures are.
    """
    total = sum(1 for _ in files(sources))
    done = predicted(_jobs(sources, folder), recipe, workers, total)
    for job, result in progress.track(done, "predict", total):
        if result is None:
            yield from _video(loaded(recipe), job.path, every, job.target, progress)
        else:
            yield result


def _jobs(sources: Sequence[Path], folder: Path | None) -> Iterator[Job]:
    taken = set() if folder is None else _spared(sources, folder)
    for root, path in files(sources):
        video = _is_video(path)
        target = None
        if folder is not None:
            target = _copy(folder / path.relative_to(root), ".mp4" if video else ".jpg", taken)
        yield Job(path, target, video)


def _is_video(path: Path) -> bool:
    try:
        return path.is_file() and is_video(path)
    except OSError:
        return False  # it cannot be read, which is told in its turn


def _spared(sources: Sequence[Path], folder: Path) -> set[Path]:
    """Return the originals, of which none lies where an annotated copy would."""
    originals = list(files(sources))
    taken = {path.resolve() for _, path in originals}
    for root, path in originals:
        if (folder / path.relative_to(root)).resolve() in taken:
            raise SourceError(
                f"{folder}: {path.name} itself is there; --annotated takes another folder"
            )
    return taken


def spare(target: Path, sources: Sequence[Path]) -> None:
    """Check that a file that is to be written is none of the originals.

    Raises:
        SourceError: it is.
    """
    if target.is_file() and any(
        path.exists() and path.samefile(target) for _, path in files(sources)
    ):
        raise SourceError(f"{target}: is one of the originals; write it elsewhere")


def write(
    results: Iterable[Result], table: Path | None, as_json: bool, tell: Callable[[str], None]
) -> None:
    """Tell the results as they come, and write one CSV line for each face.

    Raises:
        SourceError: at the end, when not one file could be read.
    """
    read = False
    with ExitStack() as stack:
        writer = None
        if table is not None:
            table.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(table.open("w", encoding="utf-8", newline=""))
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
        for result in results:
            tell(_json(result) if as_json else _line(result))
            if writer is not None:
                writer.writerows(_rows(result))
            read |= result.error is None
    if not read:
        raise SourceError("no picture or video could be read; check the paths")


def files(sources: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each file with the folder that its annotated copy's place counts from."""
    for source in sources:
        if source.is_dir():
            for root, folders, names in os.walk(source):
                folders.sort()
                for name in sorted(n for n in names if not n.startswith(".")):
                    yield source, Path(root) / name
        elif source.exists():
            yield source.parent, source
        else:
            raise SourceError(f"{source}: no such file or folder")


def _copy(place: Path, suffix: str, taken: set[Path]) -> Path:
    """Return where an annotated copy goes: on no original and on no other copy."""
    # The whole name stays, so that a.png and a.gif do not become one a.jpg.
    fits = suffix == ".jpg" and place.suffix.lower() in (".jpg", ".jpeg")
    first = copy = place if fits else Path(f"{place}{suffix}")
    number = 1
    while copy.resolve() in taken:
        number += 1
        copy = first.with_stem(f"{first.stem}-{number}")
    taken.add(copy.resolve())
    return copy


def _video(
    predictor: Predictor, path: Path, every: float, target: Path | None, progress: Progress
) -> Iterator[Result]:
    try:
        with ExitStack() as stack:
            add = None if target is None else stack.enter_context(write_video(target, every))
            found = predictor.video(path, every)
            for result, image in progress.track(found, path.name, frame_count(path, every)):
                if add is not None:
                    add(annotated(image, result.faces), result.time or 0.0)
                yield result
    except MoueError as error:
        yield Result(file=str(path), error=str(error))


def _json(result: Result) -> str:
    return json.dumps(result.to_dict(), ensure_ascii=False)


def _line(result: Result) -> str:
    where = result.file if result.time is None else f"{result.file} at {result.time:.2f} s"
    if result.error:
        return f"{where}: {result.error}"
    if not result.faces:
        return f"{where}: no face of {result.min_face} px or more"
    return f"{where}: " + ", ".join(face.words for face in result.faces)


def _rows(result: Result) -> Iterator[tuple[Any, ...]]:
    for number, face in enumerate(result.faces):
        box = (round(float(v), 1) for v in face.face.mouth_box)
        yield (result.file, result.frame, result.time, number, face.label,
               round(face.probability, 4), *box)  # fmt: skip
