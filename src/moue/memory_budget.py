"""A limit on the memory for decoding one picture.

A file of a few bytes can have a hundred million pixels. So the memory for decoding is estimated
from the header: the number of pixels, times the bytes per pixel of decoder and conversion.

One picture may use a quarter of the memory of this process, and at most `LIMIT`. Worker processes
share that quarter. A picture that is too large for the share of a worker, but not for one process
alone, is decoded by the parent process, one at a time.
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
    """Decoding needs more memory than a worker may use; the parent process decodes the picture."""


def share_among(workers: int) -> None:
    """Set, in a worker process, the number of processes that decode at the same time."""
    global _workers  # noqa: PLW0603  one value per process, set at its start
    _workers = workers


def check_memory(needed: int) -> None:
    """Check that a picture may be decoded in this process.

    Args:
        needed: estimated bytes.

    Raises:
        ImageError: `too_large`.
        TooHeavyForWorker: in a worker process, for a picture that only the parent may decode.
    """
    quarter = usable_memory() // 4
    whole = min(LIMIT, quarter)
    if needed > whole:
        raise ImageError(
            "too_large",
            f"decoding takes about {needed / 1e9:.1f} GB of memory; the limit is {whole / 1e9:.1f}",
        )
    if needed > quarter // _workers:
        raise TooHeavyForWorker


@lru_cache(maxsize=1)
def usable_memory() -> int:
    """Return the memory that this process may use, in bytes: the machine's, or a lower limit."""
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
