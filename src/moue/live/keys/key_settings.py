"""The settings of key presses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting

__all__ = ["KeySettings"]


@dataclass(frozen=True, kw_only=True)
class KeySettings:
    """The settings of key presses. All times are in seconds."""

    dwell: Annotated[
        float,
        Setting(
            "Time that a label must last without interruption before --keys presses its key, in "
            "seconds.",
            low=0,
        ),
    ] = 0.5
    cooldown: Annotated[
        float, Setting("Minimum time between two keys that --keys presses, in seconds.", low=0)
    ] = 0.5
    repeat_every: Annotated[
        float, Setting("Interval of the key presses of LABEL=KEY:repeat, in seconds.", low=0.05)
    ] = 0.5
