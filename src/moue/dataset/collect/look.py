"""Looking at each picture as it arrives, whether there is a face in it."""

from __future__ import annotations

from moue.dataset.collect.take import Look
from moue.face.locate import FaceSettings, locate
from moue.image import Picture


def faces_only(settings: FaceSettings) -> Look:
    """Return what tells whether a picture shows a face; it raises ImageError for a broken one."""
    return lambda data: bool(locate(Picture(data), settings))
