"""Looking at each picture as it arrives, whether there is a face in it."""

from __future__ import annotations

import threading

from moue.dataset.collect.take import Look
from moue.face.locate import FaceSettings, locate
from moue.image import Picture


def faces_only(settings: FaceSettings) -> Look:
    """Return what looks for faces, for many threads; finders look at one picture at a time."""
    one_by_one = threading.Lock()

    def look(data: bytes) -> bool:
        picture = Picture(data)
        picture.grey(1)  # decoded, or found to be broken, outside the lock
        with one_by_one:
            return bool(locate(picture, settings))

    return look
