"""File names of copies: remove the suffixes that tools append, such as `_flip` and ` (1)`."""

from __future__ import annotations

import re
from pathlib import PurePath

_MAX_LENGTH = 200
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
    """Return the stem of a path without suffixes of copies: `x` for `x_flip.jpg` or `x (1).jpg`.

    A stem of more than 200 characters, such as the end of a URL, is returned unchanged.
    """
    stem = PurePath(source).stem
    if len(stem) > _MAX_LENGTH:
        return stem
    while (shorter := _ADDED.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem
