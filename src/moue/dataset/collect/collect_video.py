"""Collect frames of a video; the frames of one video are one group and stay in one split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt

from moue.dataset.collect.register_files import file_stamp, sample_name, update_known_samples
from moue.errors import SourceError
from moue.media.image import encode_jpeg
from moue.media.video import Frame, frames
from moue.settings import Setting
from moue.store import Staged, stage
from moue.workspace.context import Context
from moue.workspace.layout import original_key
from moue.workspace.owned_files import publish
from moue.workspace.provenance import forgotten_hashes
from moue.workspace.recorded_files import wrote
from moue.workspace.types import Image, Sample

__all__ = ["MinChange", "collect_frames", "frame_sample", "skip_similar", "stage_frames"]

MinChange = Annotated[
    float,
    Setting(
        "Minimum mean absolute difference of a frame from the previously collected frame, in grey "
        "levels. 0 turns this check off.",
        low=0,
        high=255,
    ),
]
"""Type of the setting `min_change` of the commands that collect frames."""
_COMPARED_SIDE = 32
_BATCH = 16
"""Number of frames that are saved in one step."""


def collect_frames(
    context: Context, video: Path, every: float, min_change: float, notes: list[str]
) -> int:
    """Store frames of a video in `originals/`; return the number of new samples.

    Args:
        context: Workspace, catalog, settings and progress display.
        video: Path of the video file.
        every: Interval between stored frames, in seconds; 0 stores all frames.
        min_change: Minimum mean absolute difference from the last stored frame, in grey levels from
            0 to 255; 0 stores every frame.
        notes: List that receives a note if only the first part of the video can be read.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: No frame can be read.
    """
    catalog, stamp = context.catalog, file_stamp(video)
    key = f"{every}:{stamp}" + (f":{min_change}" if min_change else "")
    if catalog.is_done("frames", key, str(video)):
        return 0
    new = 0
    names = set[str]()
    forgotten = forgotten_hashes(catalog)
    errors: list[SourceError] = []
    changed = skip_similar(_until_error(frames(video, every), errors), min_change)
    tracked = context.progress.track(changed, f"frames of {video.name}", None)
    samples = (frame_sample(frame, video, str(video), stamp) for frame in tracked)
    wanted = (pair for pair in samples if pair[0].sha256 not in forgotten)
    while batch := list(islice(wanted, _BATCH)):
        names |= {sample.name for sample, _ in batch}
        publish(catalog, stage_frames(context, batch))
        new += catalog.add_samples(sample for sample, _ in batch)
    if errors and not names:
        raise errors[0]
    if errors:
        notes.append(f"{errors[0]}; {len(names):,} earlier frames are stored")
        return new
    with catalog.transaction():
        update_known_samples(catalog, catalog.samples(video=str(video)), names, stamp)
        catalog.mark_done("frames", key, [str(video)])
    return new


def _until_error(source: Iterator[Frame], errors: list[SourceError]) -> Iterator[Frame]:
    try:
        yield from source
    except SourceError as error:
        errors.append(error)


def frame_sample(frame: Frame, name: Path, video: str, stamp: str = "") -> tuple[Sample, bytes]:
    """Return the sample of a frame and the frame as JPEG bytes, without writing either.

    Args:
        name: Path whose stem starts the name of the sample.
        video: Path of the video, or name of the camera session; the group of the sample.
        stamp: `file_stamp` of the video; empty for a camera.
    """
    data = encode_jpeg(frame.image)
    source = f"{video}#t={frame.time:.3f}"
    sha256 = hashlib.sha256(data).hexdigest()
    unique = sample_name(name, source, sha256)
    sample = Sample(
        name=unique, source=source, sha256=sha256, original=original_key(unique, ".jpg"),
        stamp=stamp, video=video,
    )  # fmt: skip
    return sample, data


def stage_frames(context: Context, frames: Iterable[tuple[Sample, bytes]]) -> list[Staged]:
    """Write a part file for each frame that is not in `originals/` yet; return the part files."""
    return [
        stage(target, data, sample.name, readonly=True, parts=context.workspace.store.parts)
        for sample, data in frames
        if not wrote(context.catalog, target := context.workspace.original(sample))
    ]


def skip_similar(source: Iterable[Frame], min_change: float) -> Iterator[Frame]:
    """Yield the first frame, and each frame that differs enough from the last yielded frame.

    Args:
        source: Frames in order of time.
        min_change: Minimum mean absolute difference of two frames, in grey levels from 0 to 255,
            after reduction to 32 x 32 grey pixels; 0 yields every frame.
    """
    last = None
    for frame in source:
        small = _small_grey(frame.image) if min_change else None
        if last is None or small is None or float(np.abs(small - last).mean()) >= min_change:
            last = small
            yield frame


def _small_grey(image: Image) -> npt.NDArray[np.float32]:
    small = cv2.resize(image, (_COMPARED_SIDE, _COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small.mean(axis=2), np.float32)
