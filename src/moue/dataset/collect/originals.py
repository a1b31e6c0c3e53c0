"""Picture files into the catalog, each known by its source and its bytes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from moue.catalog import Catalog
from moue.files import write_bytes
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
) -> int:
    """Add the files that are new, or whose bytes have changed since; return how many."""
    done = 0
    new: list[Sample] = []
    for path in progress.track(paths, "collect", len(paths)):
        stamp = _stamp(path)
        known = list(catalog.samples("source = ?", [str(path)]))
        if any(sample.stamp == stamp for sample in known):
            continue
        sample = _sample(workspace, path, stamp, copy, kind)
        new.append(sample)
        done += all(sample.name != old.name for old in known)
        if known or len(new) == _COMMIT_EVERY:
            _commit(catalog, new, known)
            new = []
    _commit(catalog, new, [])
    return done


def sample_name(path: Path, *identity: str) -> str:
    """Return a name that no other sample has: the file's own, tamed, and 8 hex digits.

    Args:
        path: letters and digits of its stem, of any script, are kept.
        identity: what makes the sample itself, such as its source and its sha256.
    """
    stem = unicodedata.normalize("NFC", path.stem)[:40]
    tame = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)
    return f"{tame}-{hashlib.sha256(chr(0).join(identity).encode()).hexdigest()[:8]}"


def _commit(catalog: Catalog, new: list[Sample], known: list[Sample]) -> None:
    """Add samples; those `known` under the last one's source have lost their file to it."""
    with catalog.transaction():
        catalog.add_samples(new)
        for old in known:
            if old.name == new[-1].name:
                catalog.update_sample(old.name, stamp=new[-1].stamp)
            else:
                set_dropped(catalog, old, "replaced", "collect", f"now {new[-1].name}")


def _sample(workspace: Workspace, path: Path, stamp: str, copy: bool, kind: str) -> Sample:
    try:
        data = path.read_bytes()
    except OSError as error:
        return Sample(
            name=sample_name(path, str(path), stamp), source=str(path), sha256="",
            original=str(path), stamp=stamp, kind=kind, dropped="missing",
            detail=error.strerror, decided_by="collect",
        )  # fmt: skip
    sha256 = hashlib.sha256(data).hexdigest()
    name = sample_name(path, str(path), sha256)
    original = str(path)
    if copy:
        target = workspace.originals / (name + path.suffix)
        if not target.exists():
            write_bytes(target, data)
            target.chmod(0o444)
        original = target.relative_to(workspace.root).as_posix()
    return Sample(
        name=name, source=str(path), sha256=sha256, original=original, stamp=stamp, kind=kind
    )


def _stamp(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size}:{stat.st_mtime_ns}"
