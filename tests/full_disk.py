"""A disk on which no large file can be written."""

from __future__ import annotations

import sys
from contextlib import contextmanager

import pytest

NO_LIMIT = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")


@contextmanager
def full_disk(size):
    """Let every write beyond `size` bytes of a file fail, as on a full disk (EFBIG for ENOSPC)."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
