"""Looking at each picture as it arrives, whether there is a face in it."""

from __future__ import annotations

from moue.dataset.collect.download import PictureFilter
from moue.face.backends import FaceSettings, detect_faces
from moue.media.image import Picture


def faces_only(settings: FaceSettings) -> PictureFilter:
    """Return what tells whether a picture shows a face; it raises ImageError for a broken one."""
    return lambda data: bool(detect_faces(Picture(data), settings))
