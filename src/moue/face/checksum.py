"""Verify the checksums of model files that the user provides."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from moue.errors import ModelError


def verify_sha256(path: Path, sha256: str, hint: str) -> Path:
    """Verify the SHA-256 of a model file, and return its path.

    A changed file could crash the process that loads it, or give wrong results silently. The file
    is read once per process.

    Args:
        path: path of the file.
        sha256: expected hex digest.
        hint: instruction for the error message, such as the name of the right file.

    Raises:
        ModelError: the file is missing or has another checksum.
    """
    if not path.is_file():
        raise ModelError(f"{path}: the model file does not exist; {hint}")
    if _digest(path, path.stat().st_mtime_ns) != sha256:
        raise ModelError(f"{path} is not the expected model (SHA-256 {sha256[:8]}...); {hint}")
    return path


@lru_cache
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
