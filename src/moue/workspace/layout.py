"""The keys of the picture files of a workspace: their paths in its store.

A file lies in one of 4,096 subfolders, named after the first three digits of the id of its sample.
So no folder has more than a few thousand files, up to ten million pictures.
"""

from __future__ import annotations

import re

PICTURES = ("originals", "images", "mouths")
"""Folders of the store."""
_ID = 12
"""Number of hexadecimal digits at the end of the name of a sample."""
_CROP = "_mouth.png"
"""End of the file name of a crop."""
_FURTHER_FACE = re.compile(r"-face[0-9]+$")


def original_key(sample: str, suffix: str) -> str:
    """Return the key of the copy of the original of a sample; `suffix` is one such as `.jpg`."""
    return f"originals/{_folder(sample)}{sample}{suffix}"


def image_key(sample: str) -> str:
    """Return the key of the converted picture of a sample."""
    return f"images/{_folder(sample)}{sample}.jpg"


def mouth_key(mouth: str) -> str:
    """Return the key of the crop of a mouth. In SQL, `mouth_key` is the same function."""
    return f"mouths/{_folder(mouth)}{mouth}{_CROP}"


def mouth_of(file: str) -> str:
    """Return the name of the mouth whose crop has a file name or path; "" for another file."""
    name = file.rpartition("/")[2]
    return name.removesuffix(_CROP) if name.endswith(_CROP) else ""


def _folder(name: str) -> str:
    """Return the subfolder of the files of a sample or mouth; "" for a name without an id."""
    digits = _FURTHER_FACE.sub("", name)[-_ID : 3 - _ID]
    return f"{digits}/" if digits else ""
