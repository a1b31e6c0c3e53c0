"""Settings of `moue live`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.live.events import EventRules
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
    min_duration: Annotated[
        float,
        Setting(
            "shortest expression that is an event, and shortest interruption that ends one", low=0
        ),
    ] = 0.3
    quick: Annotated[
        float, Setting("seconds; a label that holds for less is a quick change", low=0)
    ] = 0.5
    speaking: Annotated[
        int, Setting("quick changes in a row that become one event, speaking; 0: never", low=0)
    ] = 5
    fps: Annotated[float, Setting("frames per second of a folder of frames", low=0.001)] = 25.0
    timeout: Annotated[
        float, Setting("seconds to wait for a frame of a camera or stream", low=0.1)
    ] = 10.0

    @property
    def event_rules(self) -> EventRules:
        """What of these settings says what counts as an event."""
        return EventRules(min_duration=self.min_duration, quick=self.quick, speaking=self.speaking)
