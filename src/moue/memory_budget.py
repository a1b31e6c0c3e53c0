"""How much memory the decoding of one picture may take.

A few bytes can describe a picture of a hundred million pixels. So what decoding needs is estimated
from the header: pixels times what the format's decoder and our conversion hold for each of them.

One picture may take a quarter of the memory that this process may use, at most `LIMIT`. Where
several worker processes decode, each has its share of that quarter. What is too much for a share,
but not for one process alone, is left to the parent process, which does one at a time.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from moue.errors import ImageError

LIMIT = 1_000_000_000
"""Bytes for one picture, however much memory there is."""
_UNKNOWN = 4_000_000_000
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_workers = 1


class TooHeavyForWorker(Exception):  # noqa: N818  it is no error: the parent does the work
    """Decoding needs more memory than a worker's share; the parent process is to do it."""


def share_among(workers: int) -> None:
    """Say, in a worker process, how many processes decode at the same time."""
    global _workers  # noqa: PLW0603  one value for the whole process, set as it starts
    _workers = workers


def check_memory(needed: int) -> None:
    """Check that a picture may be decoded in this process.

    Args:
        needed: estimated bytes.

    Raises:
        ImageError: `too_large`.
        TooHeavyForWorker: only in a worker process: not here, but in the parent.
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
    """Return the bytes of memory that this process may use: the machine's, or a limit on it."""
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
