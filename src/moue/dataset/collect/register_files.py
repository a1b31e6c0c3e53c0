"""Add picture files to the catalog. The path and the bytes of a file identify its sample."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from moue.dataset.collect.moved_originals import (
    MissingOriginals,
    is_gone,
    missing_notes,
    restore,
    set_missing,
)
from moue.engine import SERIAL
from moue.errors import SourceError
from moue.media.read_file import MAX_BYTES
from moue.path_list import PathList
from moue.store import Staged, stage
from moue.text import to_bytes
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.layout import original_key
from moue.workspace.owned_files import publish
from moue.workspace.provenance import forgotten_hashes
from moue.workspace.recorded_files import is_whole
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

__all__ = ["file_stamp", "register_files", "sample_name", "update_known_samples"]

_COMMIT_EVERY = 256
_COPY_EVERY = 64


def register_files(
    context: Context,
    paths: PathList,
    copy: bool,
    kind: str,
    notes: list[str],
    folders: Sequence[Path] = (),
    max_bytes: int = MAX_BYTES,
) -> int:
    """Add new and changed picture files to the catalog; return the number of new samples.

    A file that was moved keeps its sample. The sample of a file that was deleted from `folders` is
    dropped. A file that is too large, or not a regular file, is recorded with a drop reason.

    Args:
        paths: Absolute paths of the picture files.
        copy: Whether to copy the files into the workspace.
        kind: Kind of the samples, `photo` or `mouth`.
        notes: List that receives a note on each forgotten file, and on moved and missing files.
        folders: Absolute paths of completely listed folders, whose files are all in `paths`.
        max_bytes: Maximum size of a file, in bytes.

    Raises:
        FileTaken: `originals/` contains a file with the name of a copy that moue did not write.
        SourceError: A file was changed while it was copied.
    """
    catalog = context.catalog
    missing_originals = MissingOriginals(catalog, folders, paths)
    done, missing = 0, []
    forgotten = forgotten_hashes(catalog)
    new: list[Sample] = []
    copies: list[Staged] = []
    engine = context.engine if context.engine.is_remote else SERIAL
    jobs = (_job(catalog, path, max_bytes) for path in paths)
    read = engine.map(read_facts, jobs, len(paths), reads=folders)
    tracked = context.progress.track(read, "collect", len(paths), engine.describe)
    for path, found in zip(paths, tracked, strict=True):
        stamp = found.stamp
        known = list(catalog.samples(source=str(path)))
        if known and not stamp:
            in_use = [old for old in known if old.dropped is None and is_gone(path)]
            with catalog.transaction():  # a copy in originals/ stays in use
                missing += [
                    old.source
                    for old in in_use
                    if old.original == old.source and set_missing(catalog, old)
                ]
            continue
        if _is_unchanged(context, known, stamp):
            continue
        # A known stamp gets here if the copy is damaged.
        again = found.sha256 is None
        facts = read_facts(FileJob(path, frozenset(), max_bytes)) if again else found
        copied = copy or any(old.original != old.source for old in known)
        sample = _new_sample(context, path, facts, copied, kind)
        if sample.sha256 in forgotten:
            notes.append(f"{path}: skipped: the picture was removed with `moue forget`")
            continue
        if not known and missing_originals.move_to(path, sample.sha256, stamp) is not None:
            continue
        if sample.original != sample.source:
            copies.append(_stage_copy(context, sample, path))
        done += all(sample.name != old.name for old in known)
        new.append(sample)
        if known or len(new) == _COMMIT_EVERY or len(copies) == _COPY_EVERY:
            publish(catalog, copies)
            with catalog.transaction():
                catalog.add_samples(new)
                update_known_samples(catalog, known, {sample.name}, stamp)
            new, copies = [], []
    publish(catalog, copies)
    catalog.add_samples(new)
    notes += [*missing_originals.finish(), *missing_notes(missing)]
    return done


def update_known_samples(
    catalog: Catalog, known: Iterable[Sample], current: Set[str], stamp: str
) -> None:
    """Restore the current samples of a file, and drop its other samples as `replaced`.

    Args:
        known: All samples of the file in the catalog.
        current: Names of the samples with the current bytes of the file.
        stamp: Current `file_stamp` of the file.
    """
    for old in known:
        if old.name in current:
            catalog.update_sample(old.name, stamp=stamp)
            restore(catalog, old)
        elif old.dropped != "replaced" and (old.stamp != stamp or not old.sha256):
            set_dropped(catalog, old, "replaced", "collect", f"{old.source} has changed")


def sample_name(path: Path, *identity: str) -> str:
    """Return a unique sample name: the stem of a file, and 12 hexadecimal digits.

    Args:
        path: Path of the file; characters of the stem other than letters and digits become `_`.
        identity: Strings that identify the sample, such as the source and the SHA-256.
    """
    stem = unicodedata.normalize("NFC", path.stem)[:40]
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)
    return f"{safe}-{hashlib.sha256(to_bytes(chr(0).join(identity))).hexdigest()[:12]}"


def file_stamp(path: Path) -> str:
    """Return `SIZE:MTIME` of a file, in bytes and nanoseconds, to detect changes.

    The string is empty if the file cannot be accessed.
    """
    try:
        status = path.stat()
    except (OSError, UnicodeError):
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def _suffix(path: Path) -> str:
    """Return the suffix of a path if it is short and alphanumeric, such as `.jpg`; else ""."""
    return path.suffix if path.suffix[1:].isalnum() and len(path.suffix) <= 16 else ""


def _is_unchanged(context: Context, known: Iterable[Sample], stamp: str) -> bool:
    """Return whether a sample has the current bytes of the file and, if copied, a complete copy."""
    for old in known:
        if old.stamp != stamp or not old.sha256 or old.dropped == "replaced":
            continue
        original = context.workspace.original(old)
        if old.original == old.source or is_whole(context.catalog, original):
            restore(context.catalog, old)
            return True
    return False


@dataclass(frozen=True, slots=True)
class FileJob:
    """One file to read.

    Attributes:
        path: Absolute path of the file.
        known: Stamps of the file with which its SHA-256 is already known.
        max_bytes: Maximum size of a file, in bytes; a larger file is not read.
    """

    path: Path
    known: frozenset[str]
    max_bytes: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts about one file.

    Attributes:
        stamp: `file_stamp` of the file; empty if the file cannot be accessed.
        sha256: Hex digest of the content; empty for an unusable file, and None if the stamp is
            known.
        reason: Drop reason of an unusable file, else None.
        detail: Description of the error of an unusable file, else None.
    """

    stamp: str
    sha256: str | None = ""
    reason: str | None = None
    detail: str | None = None


def read_facts(job: FileJob) -> FileFacts:
    """Return the facts about one file, with its SHA-256 unless its stamp is known."""
    stamp = file_stamp(job.path)
    if stamp and stamp in job.known:
        return FileFacts(stamp, None)
    try:
        status = job.path.stat()
        if not stat.S_ISREG(status.st_mode):
            return FileFacts(
                stamp, reason="not_an_image", detail="the file is a pipe, socket or device"
            )
        if status.st_size > job.max_bytes:
            detail = f"{status.st_size:,} bytes; the limit is {job.max_bytes:,}"
            return FileFacts(stamp, reason="too_large", detail=detail)
        with job.path.open("rb") as file:
            return FileFacts(stamp, hashlib.file_digest(file, "sha256").hexdigest())
    except (OSError, UnicodeError) as error:
        detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return FileFacts(stamp, reason="missing", detail=detail)


def _job(catalog: Catalog, path: Path, max_bytes: int) -> FileJob:
    known = catalog.samples(source=str(path))
    stamps = frozenset(old.stamp for old in known if old.sha256 and old.dropped != "replaced")
    return FileJob(path, stamps, max_bytes)


def _new_sample(context: Context, path: Path, facts: FileFacts, copy: bool, kind: str) -> Sample:
    """Return the sample of a file; an unusable file gives a dropped sample."""
    source = str(path)
    if facts.reason is not None:
        return Sample(
            name=sample_name(path, source, facts.stamp), source=source, sha256="", original=source,
            stamp=facts.stamp, kind=kind, dropped=facts.reason, detail=facts.detail,
            decided_by="collect",
        )  # fmt: skip
    sha256 = str(facts.sha256)
    name, number = sample_name(path, source, sha256), 1
    # Another sample has this name if a picture was moved away and a copy was put in its place.
    while any(other.source != source for other in context.catalog.samples(name=name)):
        number += 1
        name = sample_name(path, source, sha256, str(number))
    original = original_key(name, _suffix(path)) if copy else source
    return Sample(
        name=name, source=source, sha256=sha256, original=original, stamp=facts.stamp, kind=kind
    )


def _stage_copy(context: Context, sample: Sample, path: Path) -> Staged:
    """Copy a file to a part file in `originals/`; return the part file.

    Raises:
        SourceError: The file was changed after its SHA-256 was computed.
    """
    workspace = context.workspace
    copy = stage(
        workspace.original(sample), path.read_bytes(), sample.name, readonly=True,
        parts=workspace.store.parts,
    )  # fmt: skip
    if copy.sha256 == sample.sha256:
        return copy
    copy.discard()
    raise SourceError(f"{path}: the file changed during copying; run the same command again later")
