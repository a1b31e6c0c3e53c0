"""Checksums of model files that the user provides."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from moue.errors import ModelError


def verify_sha256(path: Path, sha256: str, hint: str) -> Path:
    """Return `path` after its SHA-256 matched. The file is read once per process.

    A changed file must not reach its reader, which may accept it silently or crash the process.

    Args:
        hint: what to do about a wrong file, for the error message.

    Raises:
        ModelError: the file is missing or is another one.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file; {hint}")
    if _digest(path, path.stat().st_mtime_ns) != sha256:
        raise ModelError(f"{path}: not the model that is known (sha256 {sha256[:8]}...); {hint}")
    return path


@lru_cache
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
