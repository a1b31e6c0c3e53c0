"""Frames of videos and cameras into the catalog; a video or a sitting is one group.

A group is never in two splits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from moue.dataset.collect.register_files import sample_name, stamp_of, take_over
from moue.files import Staged, stage
from moue.media.image import encode_jpeg
from moue.media.video import Frame, frames
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import publish, wrote
from moue.workspace.provenance import forgotten
from moue.workspace.types import Image, Sample
from moue.workspace.workspace import Workspace

_SMALL = 32
_TOGETHER = 16
"""Frames that reach the disk together."""


def collect_frames(
    workspace: Workspace,
    catalog: Catalog,
    video: Path,
    every: float,
    progress: Progress,
    change: float = 0.0,
) -> int:
    """Keep a frame every `every` seconds in `originals/`; return how many are new.

    Args:
        change: of these, only frames that differ so much from the last one kept; see `changed`.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the video cannot be read; what was read before stays.
    """
    stamp = stamp_of(video)
    key = f"{every}:{stamp}" + (f":{change}" if change else "")
    if catalog.is_done("frames", key, str(video)):
        return 0
    new = 0
    names = set[str]()
    gone = forgotten(catalog)
    chosen = changed(frames(video, every), change)
    tracked = progress.track(chosen, f"frames of {video.name}", None)
    taken = (frame_sample(workspace, frame, video, str(video), stamp) for frame in tracked)
    wanted = (pair for pair in taken if pair[0].sha256 not in gone)
    while batch := list(islice(wanted, _TOGETHER)):
        names |= {sample.name for sample, _ in batch}
        publish(catalog, staged_frames(workspace, catalog, batch))
        new += catalog.add_samples(sample for sample, _ in batch)
    with catalog.transaction():
        take_over(catalog, catalog.samples("video = ?", [str(video)]), names, stamp)
        catalog.mark_done("frames", key, [str(video)])
    return new


def frame_sample(
    workspace: Workspace, frame: Frame, name: Path, video: str, stamp: str = ""
) -> tuple[Sample, bytes]:
    """Return a frame as a sample, and its bytes, which are not written yet.

    Args:
        name: whose stem becomes part of the frame's name.
        video: the group: a file, or a sitting before a camera.
    """
    data = encode_jpeg(frame.image)
    source = f"{video}#t={frame.time:.3f}"
    sha256 = hashlib.sha256(data).hexdigest()
    own = sample_name(name, source, sha256)
    original = (workspace.originals / f"{own}.jpg").relative_to(workspace.root).as_posix()
    sample = Sample(
        name=own, source=source, sha256=sha256, original=original, stamp=stamp, video=video
    )
    return sample, data


def staged_frames(
    workspace: Workspace, catalog: Catalog, frames: Iterable[tuple[Sample, bytes]]
) -> list[Staged]:
    """Stage the frames that are not in `originals/` yet."""
    return [
        stage(target, data, sample.name, readonly=True)
        for sample, data in frames
        if not wrote(catalog, target := workspace.original(sample))
    ]


def changed(source: Iterable[Frame], change: float) -> Iterator[Frame]:
    """Yield the first frame, and each that differs enough from the one that was yielded last.

    Args:
        change: the mean difference of grey copies of 32 x 32, 0 to 255; 0 yields every frame.
    """
    last = None
    for frame in source:
        small = _small(frame.image) if change else None
        if last is None or small is None or float(np.abs(small - last).mean()) >= change:
            last = small
            yield frame


def _small(image: Image) -> npt.NDArray[np.float32]:
    small = cv2.resize(image, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    return np.asarray(small.mean(axis=2), np.float32)
