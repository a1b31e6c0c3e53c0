"""Frames of videos into the catalog; a video is one group, never in two splits."""

from __future__ import annotations

import hashlib
from pathlib import Path

from moue.catalog import Catalog
from moue.dataset.collect.originals import sample_name, stamp_of, take_over
from moue.files import write_bytes
from moue.image import encode_jpeg
from moue.progress import Progress
from moue.sample import Sample
from moue.video import frames
from moue.workspace import Workspace


def collect_frames(
    workspace: Workspace, catalog: Catalog, video: Path, every: float, progress: Progress
) -> int:
    """Keep a frame every `every` seconds in `originals/`; return how many are new.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the video cannot be read; what was read before stays.
    """
    stamp = stamp_of(video)
    key = f"{every}:{stamp}"
    if catalog.is_done("frames", key, str(video)):
        return 0
    new = 0
    names = set()
    for frame in progress.track(frames(video, every), f"frames of {video.name}", None):
        data = encode_jpeg(frame.image)
        source = f"{video}#t={frame.time:.3f}"
        sha256 = hashlib.sha256(data).hexdigest()
        name = sample_name(video, source, sha256)
        names.add(name)
        target = workspace.originals / f"{name}.jpg"
        if not target.exists():
            write_bytes(target, data)
            target.chmod(0o444)
        new += catalog.add_samples(
            [
                Sample(
                    name=name,
                    source=source,
                    sha256=sha256,
                    original=target.relative_to(workspace.root).as_posix(),
                    stamp=stamp,
                    video=str(video),
                )
            ]
        )
    with catalog.transaction():
        take_over(catalog, catalog.samples("video = ?", [str(video)]), names, stamp)
        catalog.mark_done("frames", key, [str(video)])
    return new
