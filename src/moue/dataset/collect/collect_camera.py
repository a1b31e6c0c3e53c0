"""Collect frames of a camera; the frames of one session are one group."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from moue.dataset.collect.collect_video import (
    MinChange,
    frame_sample,
    skip_similar,
    stage_frames,
)
from moue.dataset.collect.download_files import PictureFilter
from moue.dataset.contact_sheets import draw_collected_sheet
from moue.media.camera import camera
from moue.media.video import Frame, frames
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace.context import Context
from moue.workspace.owned_files import publish
from moue.workspace.provenance import Origin, add_origin

__all__ = ["CameraSettings", "collect_camera"]


@dataclass(frozen=True, kw_only=True)
class CameraSettings:
    """Settings of `moue collect camera`."""

    every: Annotated[float, Setting("Interval between recorded pictures, in seconds.", low=0)] = 1.0
    min_change: MinChange = 0.0
    max_seconds: Annotated[
        float,
        Setting("Maximum duration of the recording, in seconds. 0 records until Ctrl-C.", low=0),
    ] = 0.0
    number: Annotated[
        int, Setting("Maximum number of pictures to record. 0 sets no limit.", low=0)
    ] = 0


def collect_camera(
    context: Context,
    device: str,
    label: str | None,
    picture_filter: PictureFilter | None = None,
) -> Summary:
    """Collect frames of a camera until a limit is reached or the user presses Ctrl-C.

    Each frame is stored on arrival, so Ctrl-C is the usual end of a session and not an error.

    Args:
        device: Index of a camera, from 0; or path of a video that replaces the camera.
        label: Weak label of all frames; None for no label.
        picture_filter: Function that returns True for frames to store; None to store all frames.

    Raises:
        SourceError: The camera cannot be opened, or delivers no frames.
    """
    catalog, settings = context.catalog, context.config.get(CameraSettings)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    session = f"camera:{device}@{now}"
    summary = Summary(stage="collect")
    with closing(_timed_frames(device, settings)) as source:
        try:
            changed = skip_similar(source, settings.min_change)
            for frame in context.progress.track(changed, session, None):
                sample, data = frame_sample(frame, Path("camera"), session)
                if picture_filter is not None and not picture_filter(data):
                    continue
                publish(catalog, stage_frames(context, [(sample, data)]))
                with catalog.transaction():
                    summary.done += catalog.add_samples([sample])
                    origin = Origin(
                        sample=sample.name, engine="camera", query=session, url=sample.source,
                        type="image/jpeg", label=label,
                    )  # fmt: skip
                    add_origin(catalog, origin)
                if settings.number and summary.done >= settings.number:
                    break
        except KeyboardInterrupt:
            summary.notes.append("stopped by Ctrl-C; all frames collected so far are stored")
    summary.files = draw_collected_sheet(context)
    summary.counts = {"new": summary.done, "all": catalog.total()}
    return summary


def _timed_frames(device: str, settings: CameraSettings) -> Generator[Frame, None, None]:
    """Yield a frame every `settings.every` seconds, for at most `settings.max_seconds`."""
    source = camera(int(device)) if device.isdecimal() else frames(Path(device))
    due = 0.0
    for frame in source:
        if settings.max_seconds and frame.time >= settings.max_seconds:
            return
        if frame.time + 1e-6 >= due:
            due = frame.time + settings.every
            yield frame
