"""Settings of `moue live`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """How faces are followed and their labels steadied. All times are seconds of the video."""

    detect_every: Annotated[
        float, Setting("seconds after which the whole frame is searched again", low=0)
    ] = 0.5
    keep: Annotated[
        float, Setting("seconds for which a lost face is still the same person", low=0)
    ] = 1.0
    smooth: Annotated[
        float, Setting("seconds over which probabilities are averaged; 0 takes each frame", low=0)
    ] = 0.1
    margin: Annotated[
        float, Setting("lead that another label needs to take over", low=0, high=1)
    ] = 0.2
    fps: Annotated[float, Setting("frames per second of a folder of frames", low=0.001)] = 25.0
    timeout: Annotated[
        float, Setting("seconds to wait for a frame of a camera or stream", low=0.1)
    ] = 10.0
