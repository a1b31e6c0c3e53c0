"""Model files that come from elsewhere: used only once they are found to be the known ones."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from moue.errors import ModelError


def verify_sha256(path: Path, sha256: str, cure: str) -> Path:
    """Return `path`, once its bytes are found to be those that are known.

    They are read once per process. What reads a model may take a damaged one without complaint,
    or end the process.

    Args:
        cure: what to do about it, for the message.

    Raises:
        ModelError: it is missing or is another file.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file; {cure}")
    if _digest(path, path.stat().st_mtime_ns) != sha256:
        raise ModelError(f"{path}: not the model that is known (sha256 {sha256[:8]}...); {cure}")
    return path


@lru_cache
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
