"""Picture files into the catalog, each known by its source and its bytes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from moue.catalog import Catalog
from moue.files import write_bytes
from moue.origins import forgotten
from moue.progress import Progress
from moue.sample import Sample
from moue.stage import set_dropped
from moue.workspace import Workspace

_COMMIT_EVERY = 256


def add_originals(
    workspace: Workspace,
    catalog: Catalog,
    paths: Sequence[Path],
    copy: bool,
    kind: str,
    progress: Progress,
    notes: list[str],
) -> int:
    """Add the files that are new, or whose bytes have changed since; return how many.

    What was forgotten on request is not taken again; `notes` is told of it.
    """
    done = 0
    gone = forgotten(catalog)
    new: list[Sample] = []
    for path in progress.track(paths, "collect", len(paths)):
        stamp = stamp_of(path)
        known = list(catalog.samples("source = ?", [str(path)]))
        if known and not stamp:
            continue  # it has gone since; what was made of it stays
        if any(old.stamp == stamp and old.sha256 and old.dropped != "replaced" for old in known):
            continue
        sample = _sample(workspace, path, stamp, copy, kind, gone)
        if sample is None:
            notes.append(f"{path}: left out: it was forgotten on request")
            continue
        done += all(sample.name != old.name for old in known)
        new.append(sample)
        if known or len(new) == _COMMIT_EVERY:
            with catalog.transaction():
                catalog.add_samples(new)
                take_over(catalog, known, {sample.name}, stamp)
            new = []
    catalog.add_samples(new)
    return done


def take_over(catalog: Catalog, known: Iterable[Sample], now: Set[str], stamp: str) -> None:
    """Tell what has become of the samples of one source, which now holds those named `now`."""
    for old in known:
        if old.name in now:
            catalog.update_sample(old.name, stamp=stamp)
            if old.dropped == "replaced" and set_dropped(catalog, old, None, "collect"):
                catalog.forget_steps(old.name)  # its bytes are back; they may be unreadable
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
    return f"{tame}-{hashlib.sha256(chr(0).join(identity).encode()).hexdigest()[:12]}"


def stamp_of(path: Path) -> str:
    """Return the size and time of a file, by which an unchanged one is known; empty for none."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def _sample(
    workspace: Workspace, path: Path, stamp: str, copy: bool, kind: str, gone: Set[str]
) -> Sample | None:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return Sample(
            name=sample_name(path, str(path), stamp), source=str(path), sha256="",
            original=str(path), stamp=stamp, kind=kind, dropped="missing",
            detail=error.strerror, decided_by="collect",
        )  # fmt: skip
    if sha256 in gone:
        return None
    name = sample_name(path, str(path), sha256)
    original = str(path)
    if copy:
        target = workspace.originals / (name + path.suffix[:16])
        if not target.exists():
            write_bytes(target, path.read_bytes())
            target.chmod(0o444)
        original = target.relative_to(workspace.root).as_posix()
    return Sample(
        name=name, source=str(path), sha256=sha256, original=original, stamp=stamp, kind=kind
    )
