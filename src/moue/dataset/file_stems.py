"""File names that tell of copies: what tools add to a name when they change a picture."""

from __future__ import annotations

import re
from pathlib import PurePath

_LONGEST = 200
_WORDS = (
    "augmented|augment|aug|mirrored|mirror|flipped|flip|hflip|rotated|rotate|rot|cropped|crop|"
    "darkened|dark|bright|brightness|blur|blurred|noise|noisy|resized|resize|scaled|scale|"
    "grey|gray|shear|zoom|edited|edit|copy|small|thumb"
)
_ADDED = re.compile(
    r"(?:\.rf\.[0-9a-f]{8,40}"  # Roboflow
    r"|_(?:jpe?g|png)(?=$|\.rf\.)"
    r"| ?\(\d{1,4}\)"  # a second download
    r"| - copy"  # a file manager
    rf"|[ _-](?:{_WORDS})(?:[_-]?-?\d{{1,4}})?)$",
    re.IGNORECASE,
)


def original_stem(source: str) -> str:
    """Return the stem of a file's name without what tools add: `x` of `x_flip`, `x (1)`, ….

    What is no file name, as of a picture from the web, is returned as it stands.
    """
    stem = PurePath(source).stem
    if len(stem) > _LONGEST:
        return stem
    while (shorter := _ADDED.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem
