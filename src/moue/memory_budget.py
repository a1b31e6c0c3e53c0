"""Limit the memory for decoding one picture.

A file of a few bytes can contain a hundred million pixels. Therefore moue estimates the
required memory from the header of the file, as the number of pixels times the bytes per pixel of
the decoder and the conversion.

One picture may use a quarter of the usable memory, and at most `LIMIT`. Worker processes divide
this quarter among them. The parent process decodes the pictures that are too large for the share of
a worker, one at a time.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from moue.errors import ImageError

LIMIT = 1_000_000_000
"""Maximum memory for one picture, in bytes."""
_UNKNOWN = 4_000_000_000
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_workers = 1


class TooHeavyForWorker(Exception):  # noqa: N818  not an error: the parent decodes it
    """Decoding a picture needs more memory than a worker may use, so the parent must decode it."""


def share_among(workers: int) -> None:
    """Set the number of worker processes that share the memory; each worker calls this once."""
    global _workers  # noqa: PLW0603  one value per process, set at its start
    _workers = workers


def check_memory(needed: int) -> None:
    """Check that a picture may be decoded in this process.

    Args:
        needed: estimated memory for decoding, in bytes.

    Raises:
        ImageError: the picture needs more memory than the limit; the reason is `too_large`.
        TooHeavyForWorker: the picture needs more memory than the share of this worker, but not
            more than the limit.
    """
    quarter = usable_memory() // 4
    whole = min(LIMIT, quarter)
    if needed > whole:
        raise ImageError(
            "too_large",
            f"decoding needs {needed / 1e9:.1f} GB of memory; the limit is {whole / 1e9:.1f} GB",
        )
    if needed > quarter // _workers:
        raise TooHeavyForWorker


@lru_cache(maxsize=1)
def usable_memory() -> int:
    """Return the memory limit of this process, in bytes.

    The limit is the minimum of the physical memory, the cgroup limit and the address space limit.
    """
    return min(_physical(), *map(_from_file, _CGROUPS), _address_space())


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return _UNKNOWN


def _from_file(name: str) -> int:
    try:
        return max(1, int(Path(name).read_text(encoding="ascii")))
    except (OSError, ValueError):  # no such limit, or `max`
        return 1 << 62


def _address_space() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 1 << 62
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return soft if soft > 0 else 1 << 62
