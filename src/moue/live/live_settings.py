"""The settings of `moue live`, including those of tracking, smoothing and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.live.events import EventSettings
from moue.live.smoothing import SmoothingSettings
from moue.live.tracker import TrackerSettings
from moue.settings import Setting

__all__ = ["LiveSettings"]


# Python collects the fields of the last base first.
@dataclass(frozen=True, kw_only=True)
class LiveSettings(EventSettings, SmoothingSettings, TrackerSettings):
    """The settings of tracking, smoothing, events and sources. All times are in seconds."""

    fps: Annotated[
        float, Setting("Playback rate of a folder of frames, in frames per second.", low=0.001)
    ] = 25.0
    timeout: Annotated[
        float,
        Setting("Maximum time to wait for a frame from a camera or stream, in seconds.", low=0.1),
    ] = 10.0
