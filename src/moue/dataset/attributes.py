"""Attributes of a mouth, such as size and source, by which an evaluation slices its results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.text import is_http_url
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.types import Image, Mouth, Sample

_ALIKE = 8
"""Maximum spread of the channels of a grey picture, 0 to 255; JPEG makes it greater than 0."""


def attributes(mouth: Mouth, sample: Sample, labels: LabelSet = DEFAULT) -> dict[str, str]:
    """Return the text of each known attribute of a mouth, by attribute name.

    `mouth_px` is the side of the square mouth crop in pixels. `face_percent` is the shorter side
    of the face box in percent of the shorter side of the picture. `source` is the file name of the
    video, the host of the URL, or the nearest folder that is not named after a label. Every tag of
    the picture is an attribute too and replaces an attribute of the same name.
    """
    known = {"mouth_px": str(mouth.width)}
    if source := _source(sample, labels):
        known["source"] = source
    # A later detection may have fewer faces than the one that this mouth was cropped from. A
    # picture of the kind `mouth` has no face.
    faces = (sample.faces or ())[mouth.face : mouth.face + 1]
    if faces and sample.kind == "photo" and sample.width and sample.height:
        shorter = min(sample.width, sample.height)
        known["face_percent"] = f"{100 * faces[0].size / shorter:.1f}"
    return known | sample.tags


def colour_of(crop: Image) -> str:
    """Return `grey` if the channels of an (H, W, 3) uint8 crop are nearly equal, else `colour`."""
    spread = np.ptp(crop.astype(np.int16), axis=2)
    return "grey" if float(np.quantile(spread, 0.98)) <= _ALIKE else "colour"


def _source(sample: Sample, labels: LabelSet) -> str:
    if sample.video:
        return Path(sample.video).name
    if is_http_url(sample.source):
        return urlsplit(sample.source).hostname or ""
    folders: Sequence[str] = Path(sample.source).parent.parts[1:]
    return next((name for name in reversed(folders) if labels.find(name) is None), "")
