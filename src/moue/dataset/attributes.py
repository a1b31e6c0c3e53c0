"""What is known of a mouth, by which results are cut into slices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.text import is_http_url
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.types import Image, Mouth, Sample

_ALIKE = 8
"""Levels by which the channels of a grey picture may differ: JPEG rounds colours too."""


def attributes(mouth: Mouth, sample: Sample, labels: LabelSet = DEFAULT) -> dict[str, str]:
    """Return what the catalog says of a mouth; what is not known is left out.

    `mouth_px`: side of the crop, pixels. `face_percent`: shorter side of the face over that of
    the picture. `source`: the video, the host of a URL, or the nearest folder that is not
    named like a label. And
    every tag of the picture, which stands before a fact of the same name.
    """
    known = {"mouth_px": str(mouth.width)}
    source = _source(sample, labels)
    if source:
        known["source"] = source
    # The faces may have been found anew, and fewer, since this mouth was cut. The picture of a
    # mouth shows no face.
    faces = (sample.faces or ())[mouth.face : mouth.face + 1]
    if faces and sample.kind == "photo" and sample.width and sample.height:
        shorter = min(sample.width, sample.height)
        known["face_percent"] = f"{100 * faces[0].size / shorter:.1f}"
    return known | sample.tags


def colour_of(crop: Image) -> str:
    """Return `grey` where the channels of a crop are nearly equal all over, else `colour`."""
    spread = np.ptp(crop.astype(np.int16), axis=2)
    return "grey" if float(np.quantile(spread, 0.98)) <= _ALIKE else "colour"


def _source(sample: Sample, labels: LabelSet) -> str:
    if sample.video:
        return Path(sample.video).name
    if is_http_url(sample.source):
        return urlsplit(sample.source).hostname or ""
    folders: Sequence[str] = Path(sample.source).parent.parts[1:]
    return next((name for name in reversed(folders) if labels.find(name) is None), "")
