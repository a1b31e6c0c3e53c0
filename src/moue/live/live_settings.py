"""Settings of `moue live`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.live.events import EventRules
from moue.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """Tracking, smoothing and events. All times are seconds of the video."""

    detect_every: Annotated[
        float, Setting("Seconds between searches of the whole frame for new faces.", low=0)
    ] = 0.5
    max_age: Annotated[float, Setting("Seconds until a lost face loses its number.", low=0)] = 1.0
    time_constant: Annotated[
        float,
        Setting(
            "Time constant of the moving average of the probabilities, in seconds. 0 turns "
            "averaging off.",
            low=0,
        ),
    ] = 0.1
    hysteresis: Annotated[
        float,
        Setting(
            "Lead in probability that a new label needs to replace the current one.", low=0, high=1
        ),
    ] = 0.2
    min_duration: Annotated[
        float,
        Setting("Minimum duration of an event, and of the break that ends one, in seconds.", low=0),
    ] = 0.3
    quick_change: Annotated[
        float,
        Setting(
            "A label shorter than this many seconds counts as a quick change, as in speech.", low=0
        ),
    ] = 0.5
    speaking_changes: Annotated[
        int,
        Setting(
            "Number of quick changes in a row that become one event with the label speaking. 0 "
            "turns this off.",
            low=0,
        ),
    ] = 5
    fps: Annotated[
        float, Setting("Frames per second at which a folder of pictures is played.", low=0.001)
    ] = 25.0
    timeout: Annotated[
        float,
        Setting("Maximum time to wait for a frame from a camera or stream, in seconds.", low=0.1),
    ] = 10.0

    @property
    def event_rules(self) -> EventRules:
        """The settings that define an event."""
        return EventRules(
            min_duration=self.min_duration,
            quick_change=self.quick_change,
            speaking_changes=self.speaking_changes,
        )
