"""Pictures from a camera into the catalog; each sitting is a group of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from moue.dataset.collect.download import PictureFilter
from moue.dataset.collect.video_frames import changed, frame_sample, staged_frames
from moue.dataset.contact_sheets import draw_collected_sheet
from moue.media.camera import camera
from moue.media.video import Frame, frames
from moue.progress import Progress, Summary
from moue.settings import Setting
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import publish
from moue.workspace.provenance import Origin, add
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class CameraSettings:
    """Settings of `moue collect camera`."""

    every: Annotated[float, Setting("Seconds between two pictures.", low=0)] = 1.0
    change: Annotated[
        float,
        Setting(
            "Minimum difference from the last kept picture, in grey levels. 0 keeps all pictures.",
            low=0,
            high=255,
        ),
    ] = 0.0
    seconds: Annotated[
        float, Setting("Stop after this many seconds. 0 runs until Ctrl-C.", low=0)
    ] = 0.0
    number: Annotated[int, Setting("Stop after this many pictures. 0 sets no limit.", low=0)] = 0


def collect_camera(
    workspace: Workspace,
    catalog: Catalog,
    device: str,
    label: str | None,
    settings: CameraSettings,
    progress: Progress,
    look: PictureFilter | None = None,
) -> Summary:
    """Keep pictures of a camera until there are enough, or somebody stops it.

    Ctrl-C is the usual end of a sitting, so it is no failure; each picture is kept at once.

    Args:
        device: a camera's number, from 0; or the path of a video, which is played as one.
        label: what the sitting shows, as a hint.
        look: keeps only what it wants.

    Raises:
        SourceError: there is no such camera, or it gives no picture.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    sitting = f"camera:{device}@{now}"
    summary = Summary(stage="collect")
    with closing(_frames(device, settings)) as source:
        try:
            for frame in progress.track(changed(source, settings.change), sitting, None):
                sample, data = frame_sample(workspace, frame, Path("camera"), sitting)
                if look is not None and not look(data):
                    continue
                publish(catalog, staged_frames(workspace, catalog, [(sample, data)]))
                with catalog.transaction():
                    summary.done += catalog.add_samples([sample])
                    origin = Origin(
                        sample=sample.name, engine="camera", query=sitting, url=sample.source,
                        type="image/jpeg", label=label,
                    )  # fmt: skip
                    add(catalog, origin)
                if settings.number and summary.done >= settings.number:
                    break
        except KeyboardInterrupt:
            summary.notes.append("stopped by hand")
    summary.files = draw_collected_sheet(workspace, catalog)
    summary.counts = {"new": summary.done, "all": sum(catalog.count("samples", "kind").values())}
    return summary


def _frames(device: str, settings: CameraSettings) -> Generator[Frame, None, None]:
    """Yield a frame every so many seconds of the camera's, or the video's, own time."""
    source = camera(int(device)) if device.isdecimal() else frames(Path(device))
    due = 0.0
    for frame in source:
        if settings.seconds and frame.time >= settings.seconds:
            return
        if frame.time + 1e-6 >= due:
            due = frame.time + settings.every
            yield frame
