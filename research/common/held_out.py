"""The held-out split of the face detector: pictures to evaluate on."""

from __future__ import annotations

import zlib


def held_out(file: str) -> bool:
    """Return whether a file is held out from training, by its path from the data folder.

    Half of HELEN and of the web pictures, a tenth of UTKFace, and all of the smaller sets. The
    decision depends on the name alone, so that every step makes the same one.
    """
    if file.startswith(("helen/", "webscrape/", "utkface10k/")):
        return zlib.crc32(file.encode()) % (10 if file.startswith("utk") else 2) == 0
    return file.startswith(("videos/", "landmarks68/", "photos/"))
