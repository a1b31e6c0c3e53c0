"""Picture files into the catalog, each known by its source and its bytes."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from moue.dataset.collect.moved_originals import (
    Vanished,
    is_gone,
    missing_notes,
    set_missing,
    take_back,
)
from moue.errors import SourceError
from moue.files import Staged, stage
from moue.media.read_file import MAX_BYTES
from moue.progress import Progress
from moue.text import to_bytes
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import is_whole, publish
from moue.workspace.provenance import forgotten
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample
from moue.workspace.workspace import Workspace

_COMMIT_EVERY = 256
_COPY_EVERY = 64


def register_files(
    workspace: Workspace,
    catalog: Catalog,
    paths: Sequence[Path],
    copy: bool,
    kind: str,
    progress: Progress,
    notes: list[str],
    folders: Sequence[Path] = (),
    max_bytes: int = MAX_BYTES,
) -> int:
    """Add the files that are new, or whose bytes have changed since; return how many.

    A file that has moved within `folders` keeps its sample; one that is gone is set aside. Of one
    that has more than `max_bytes`, or is no file, only a row with the reason is kept.

    Args:
        notes: is told of what was forgotten on request, moved, or is gone.
        folders: the folders that are collected as a whole.

    Raises:
        FileTaken: a file that moue did not write stands where a copy belongs.
    """
    vanished = Vanished(catalog, folders, paths)
    done, missing = 0, []
    gone = forgotten(catalog)
    new: list[Sample] = []
    copies: list[Staged] = []
    for path in progress.track(paths, "collect", len(paths)):
        stamp = stamp_of(path)
        known = list(catalog.samples("source = ?", [str(path)]))
        if known and not stamp:
            gone_now = [old for old in known if old.dropped is None and is_gone(path)]
            missing += [old.source for old in gone_now if _set_missing(catalog, old)]
            continue
        if _is_known(workspace, catalog, known, stamp):
            continue
        copied = copy or any(old.original != old.source for old in known)
        found = _sample(workspace, catalog, path, stamp, copied, kind, max_bytes)
        if found.sha256 in gone:
            notes.append(f"{path}: left out: it was forgotten on request")
            continue
        moved = None if known else vanished.moved_to(path, found.sha256, stamp)
        if moved is not None:
            continue
        if found.original != found.source:
            copies += _copied(workspace, found, path)
        done += all(found.name != old.name for old in known)
        new.append(found)
        if known or len(new) == _COMMIT_EVERY or len(copies) == _COPY_EVERY:
            publish(catalog, copies)
            with catalog.transaction():
                catalog.add_samples(new)
                take_over(catalog, known, {found.name}, stamp)
            new, copies = [], []
    publish(catalog, copies)
    catalog.add_samples(new)
    notes += [*vanished.finish(), *missing_notes(missing)]
    return done


def take_over(catalog: Catalog, known: Iterable[Sample], now: Set[str], stamp: str) -> None:
    """Tell what has become of the samples of one source, which now holds those named `now`."""
    for old in known:
        if old.name in now:
            catalog.update_sample(old.name, stamp=stamp)
            take_back(catalog, old)
        elif old.dropped != "replaced" and (old.stamp != stamp or not old.sha256):
            set_dropped(catalog, old, "replaced", "collect", f"{old.source} has changed")


def sample_name(path: Path, *identity: str) -> str:
    """Return a name that no other sample has: the file's own, tamed, and 12 hex digits.

    Args:
        path: letters and digits of its stem, of any script, are kept.
        identity: what makes the sample itself, such as its source and its sha256.
    """
    stem = unicodedata.normalize("NFC", path.stem)[:40]
    tame = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)
    return f"{tame}-{hashlib.sha256(to_bytes(chr(0).join(identity))).hexdigest()[:12]}"


def stamp_of(path: Path) -> str:
    """Return the size and time of a file, by which an unchanged one is known; empty for none."""
    try:
        found = path.stat()
    except (OSError, UnicodeError):
        return ""
    return f"{found.st_size}:{found.st_mtime_ns}"


def _suffix(path: Path) -> str:
    """Return the extension of a name where it is plain, as those of pictures are."""
    return path.suffix if path.suffix[1:].isalnum() and len(path.suffix) <= 16 else ""


def _is_known(workspace: Workspace, catalog: Catalog, known: Iterable[Sample], stamp: str) -> bool:
    """Whether a file is in the catalog as it is, and its copy, if there is one, is whole."""
    for old in known:
        if old.stamp != stamp or not old.sha256 or old.dropped == "replaced":
            continue
        if old.original != old.source and not is_whole(catalog, workspace.original(old)):
            return False
        take_back(catalog, old)
        return True
    return False


def _set_missing(catalog: Catalog, sample: Sample) -> bool:
    if sample.original != sample.source:
        return False
    with catalog.transaction():
        return set_missing(catalog, sample)


def _sample(
    workspace: Workspace, catalog: Catalog, path: Path, stamp: str, copy: bool, kind: str,
    max_bytes: int,
) -> Sample:  # fmt: skip
    source = str(path)

    def unread(reason: str, detail: str | None) -> Sample:
        return Sample(
            name=sample_name(path, source, stamp), source=source, sha256="", original=source,
            stamp=stamp, kind=kind, dropped=reason, detail=detail, decided_by="collect",
        )  # fmt: skip

    try:
        there = path.stat()
        if not stat.S_ISREG(there.st_mode):
            return unread("not_an_image", "a pipe, socket or device")
        if there.st_size > max_bytes:
            return unread("too_large", f"{there.st_size:,} bytes; at most {max_bytes:,} are read")
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UnicodeError) as error:
        return unread("missing", error.strerror if isinstance(error, OSError) else str(error))
    name, number = sample_name(path, source, sha256), 1
    # A picture that was here, and has moved, keeps its name; one that is put here later is another.
    while any(other.source != source for other in catalog.samples("name = ?", [name])):
        number += 1
        name = sample_name(path, source, sha256, str(number))
    target = workspace.originals / (name + _suffix(path))
    original = target.relative_to(workspace.root).as_posix() if copy else source
    return Sample(
        name=name, source=source, sha256=sha256, original=original, stamp=stamp, kind=kind
    )


def _copied(workspace: Workspace, sample: Sample, path: Path) -> list[Staged]:
    """Stage the copy of an original, unless its bytes have changed since they were hashed."""
    copy = stage(workspace.original(sample), path.read_bytes(), sample.name, readonly=True)
    if copy.sha256 == sample.sha256:
        return [copy]
    copy.part.unlink()
    raise SourceError(f"{path}: is being written; run the same command again when it is complete")
