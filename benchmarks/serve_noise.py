"""How much of a core other programs and the host of a virtual machine take during a measurement."""

from __future__ import annotations

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Noise:
    """Watches a core from its creation on."""

    def __init__(self, core: int, own: float) -> None:
        """Start to watch.

        Args:
            core: number of the core.
            own: CPU time of the measured processes so far, in seconds.
        """
        self._core, self._own = core, own
        self._start = time.perf_counter()
        self._busy, self._steal = _times(core)

    def text(self, own: float) -> str:
        """Return the shares of the host and of other programs since the start, as text.

        Args:
            own: CPU time of the measured processes so far, in seconds.
        """
        seconds = time.perf_counter() - self._start
        busy, steal = _times(self._core)
        others = max(0.0, busy - self._busy - (own - self._own)) / seconds
        return f"steal {(steal - self._steal) / seconds:.1%}, other programs {others:.1%}"


def _times(core: int) -> tuple[float, float]:
    """Return the time that a core was used, and the time that the host took, in seconds."""
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    fields = next(line.split() for line in lines if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, fields[1:9])
    return (user + nice + system + irq + soft) / TICKS, steal / TICKS
