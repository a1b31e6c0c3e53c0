"""Collect picture files and videos from folders, file lists and single paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from moue.dataset.collect.collect_dataset import collect_datasets, divide_sources
from moue.dataset.collect.collect_video import MinChange, collect_frames
from moue.dataset.collect.register_files import register_files
from moue.dataset.collect.source_lists import is_workspace, read_file_list
from moue.errors import MissingExtra, SourceError
from moue.file_walker import Files, Skipped, find
from moue.files import absolute
from moue.media.image import archive
from moue.media.read_file import MAX_BYTES
from moue.media.video import is_video
from moue.path_list import PathList
from moue.progress import Summary
from moue.settings import Setting
from moue.text import first_names
from moue.workspace.context import Context
from moue.workspace.provenance import record_roots
from moue.workspace.workspace import Workspace

__all__ = ["CollectSettings", "collect"]

_NAMED = 8
"""Maximum number of label files that a note lists."""
_LIST_SUFFIXES = (".txt", ".lst")
_LABEL_SUFFIXES = (".json", ".xml", ".yaml", ".yml", ".txt", ".csv")  # COCO, VOC, YOLO, tables


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """Settings of `moue collect`."""

    copy: Annotated[
        bool, Setting("Copy the files into the workspace instead of reading the originals.")
    ] = False
    every: Annotated[
        float,
        Setting(
            "Interval between the frames collected from a video, in seconds. 0 collects all "
            "frames.",
            low=0,
        ),
    ] = 1.0
    min_change: MinChange = 0.0
    kind: Annotated[
        Literal["photo", "mouth"],
        Setting(
            "Content of the pictures. photo: moue detects the faces. mouth: each picture is "
            "already a mouth crop."
        ),
    ] = "photo"
    dataset: Annotated[
        Literal[
            "auto",
            "none",
            "parquet",
            "webdataset",
            "imagefolder",
            "coco",
            "yolo",
            "label-studio",
            "huggingface",
        ],
        Setting(
            "Format of the data sets to collect. auto recognises the data sets that moue exported, "
            "and .parquet files. none collects every source as pictures.",
            once=True,
        ),
    ] = "auto"


def collect(context: Context, sources: Sequence[Path], max_bytes: int = MAX_BYTES) -> Summary:
    """Add new pictures and video frames from files and folders to the catalog.

    Args:
        sources: Paths of folders (searched recursively), data sets, file lists, videos and
            pictures.
        max_bytes: Maximum size of a picture file in bytes; a larger file is recorded, but not read.

    Returns:
        Summary with the number of new samples and a note for each skipped source.

    Raises:
        SourceError: A source does not exist or lies in a workspace, or no source contains a file.
    """
    catalog = context.catalog
    settings = context.config.get(CollectSettings)
    summary = Summary(stage="collect")
    datasets, sources = divide_sources(sources, settings.dataset)
    summary.done = collect_datasets(context, datasets, settings.kind, summary.notes)
    if sources:
        _collect_files(context, sources, max_bytes, summary)
    summary.counts = {"new": summary.done, "all": catalog.total()}
    return summary


def _collect_files(
    context: Context, sources: Sequence[Path], max_bytes: int, summary: Summary
) -> None:
    """Add picture files and video frames, and update the summary."""
    catalog = context.catalog
    settings = context.config.get(CollectSettings)
    pictures, videos = PathList(), PathList()
    skipped = Skipped()
    for path in _files(context.workspace, sources, skipped):
        (videos if _is_video(path) else pictures).add(path)
    pictures.remove_repeated()
    videos.remove_repeated()
    summary.notes += skipped.notes()
    summary.left_out = skipped.to_dict()
    labels = (str(path) for path in pictures if path.suffix.lower() in _LABEL_SUFFIXES)
    if first := list(islice(labels, _NAMED)):
        count = len(first) + sum(1 for _ in labels)
        named = first_names(first, _NAMED, count)
        summary.notes.append(
            f"{named}: `moue collect` reads no labels; name the file in `moue label --csv` or "
            "`moue run --labels`"
        )
    if not len(pictures) and not len(videos):
        why = "".join(f"; {note}" for note in summary.notes)
        raise SourceError(f"{', '.join(map(str, sources))}: no files were found{why}")
    folders = [folder for folder in map(absolute, sources) if folder.is_dir()]
    summary.done += register_files(
        context, pictures, settings.copy, settings.kind, summary.notes, folders, max_bytes
    )
    record_roots(catalog, folders)
    for video in videos:
        try:
            summary.done += collect_frames(
                context, video, settings.every, settings.min_change, summary.notes
            )
        except (SourceError, MissingExtra) as error:
            why = str(error).removeprefix(f"{video}: ")
            summary.notes.append(f"{video}: skipped: {why}")


def _files(workspace: Workspace, sources: Sequence[Path], skipped: Skipped) -> Iterator[Path]:
    known = Files(skipped)
    for source in map(absolute, sources):
        if workspace.owns(source):
            raise SourceError(
                f"{source} is part of the workspace, where moue writes its own files; move the "
                "raw pictures to another folder, or use another --workspace"
            )
        if source.is_dir():
            if _holds_workspace(source):
                raise SourceError(
                    f"{source} is a workspace; pass the folder that contains the raw pictures"
                )
            known = find([source], is_workspace, known=Files(skipped, searched=known.searched))
            yield from known.paths()
        elif not source.exists():
            raise SourceError(f"{source}: no such file or folder")
        elif source.suffix.lower() in _LIST_SUFFIXES:
            yield from read_file_list(source)
        else:
            if words := _archive(source):
                raise SourceError(f"{source} is a {words}")
            yield source


def _holds_workspace(folder: Path) -> bool:
    try:
        return is_workspace(folder)
    except OSError:
        return False  # the file walker reports the unreadable folder


def _archive(path: Path) -> str | None:
    try:
        if not path.is_file():  # opening a pipe would block
            return None
        with path.open("rb") as file:
            return archive(file.read(512))
    except OSError:
        return None  # `register_files` records the reason


def _is_video(path: Path) -> bool:
    try:
        return path.is_file() and is_video(path)  # opening a pipe would block
    except (OSError, UnicodeError):
        return False  # `register_files` records the reason
