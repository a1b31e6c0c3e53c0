"""Stage 1: take note of every picture, with its source; files by reference, or copied.

One file for each kind of source. Here are the files: a folder, a text list of files, a video or
a picture, told by what it is. `search` asks engines and archives, URL lists and web pages, which
are read by `engines/`, `lists` and `page`; `web` takes what they find. `camera` is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from moue.dataset.collect.file_lists import is_workspace, read_file_list
from moue.dataset.collect.register_files import register_files
from moue.dataset.collect.video_frames import collect_frames
from moue.errors import MissingExtra, SourceError
from moue.file_walker import Files, Skipped, find
from moue.files import absolute
from moue.media.read_file import MAX_BYTES
from moue.media.video import is_video
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace.context import Context
from moue.workspace.provenance import record_roots
from moue.workspace.workspace import Workspace

LISTS = (".txt", ".lst")


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """Settings of `moue collect`."""

    copy: Annotated[
        bool, Setting("Copy the files into the workspace instead of referring to them.")
    ] = False
    every: Annotated[
        float,
        Setting("Seconds between the frames that are kept of a video. 0 keeps all frames.", low=0),
    ] = 1.0
    change: Annotated[
        float,
        Setting(
            "Minimum difference from the last kept frame, in grey levels. 0 keeps all frames.",
            low=0,
            high=255,
        ),
    ] = 0.0
    kind: Annotated[
        Literal["photo", "mouth"],
        Setting(
            "What the pictures show. photo: moue detects the faces. mouth: each picture is already "
            "a mouth crop."
        ),
    ] = "photo"


def collect(context: Context, sources: Sequence[Path], max_bytes: int = MAX_BYTES) -> Summary:
    """Add what `sources` hold and the catalog does not know yet.

    Args:
        sources: folders (searched to their depths), lists of files, videos, pictures.
        max_bytes: of larger pictures only a row is kept; their bytes are not read.

    Raises:
        SourceError: a source does not exist or is moue's own, or all together hold nothing.
    """
    workspace, catalog, progress = context.workspace, context.catalog, context.progress
    settings = context.config.get(CollectSettings)
    summary = Summary(stage="collect")
    pictures: list[Path] = []
    videos: list[Path] = []
    skipped = Skipped()
    for path in dict.fromkeys(_files(workspace, sources, skipped)):
        (videos if _is_video(path) else pictures).append(path)
    summary.notes += skipped.notes()
    summary.left_out = skipped.to_dict()
    if not pictures and not videos:
        why = "".join(f"; {note}" for note in summary.notes)
        raise SourceError(f"{', '.join(map(str, sources))}: no files here{why}")
    folders = [folder for folder in map(absolute, sources) if folder.is_dir()]
    summary.done = register_files(
        workspace, catalog, pictures, settings.copy, settings.kind, progress, summary.notes,
        folders, max_bytes,
    )  # fmt: skip
    record_roots(catalog, folders)
    for video in videos:
        try:
            summary.done += collect_frames(
                workspace, catalog, video, settings.every, progress, settings.change
            )
        except (SourceError, MissingExtra) as error:
            summary.notes.append(f"{video}: left out: {error}")
    known = catalog.count("samples", "kind")
    summary.counts = {"new": summary.done, "all": sum(known.values())}
    return summary


def _files(workspace: Workspace, sources: Sequence[Path], skipped: Skipped) -> Iterator[Path]:
    known = Files(skipped)
    for source in map(absolute, sources):
        if workspace.owns(source):
            raise SourceError(
                f"{source}: moue writes its own files there; keep the raw pictures elsewhere, "
                "or use another --workspace"
            )
        if source.is_dir():
            if _holds_workspace(source):
                raise SourceError(
                    f"{source}: is a workspace; give the folder with the raw pictures"
                )
            known = find([source], is_workspace, known=Files(skipped, searched=known.searched))
            yield from known.paths()
        elif not source.exists():
            raise SourceError(f"{source}: no such file or folder")
        elif source.suffix.lower() in LISTS:
            yield from read_file_list(source)
        else:
            yield source


def _holds_workspace(folder: Path) -> bool:
    try:
        return is_workspace(folder)
    except OSError:
        return False  # the walk says that it cannot be looked into


def _is_video(path: Path) -> bool:
    try:
        return path.is_file() and is_video(path)  # a pipe would never answer
    except (OSError, UnicodeError):
        return False  # noted as missing or unreadable later, like any other file
