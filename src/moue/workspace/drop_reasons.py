"""The drop reasons of samples and mouths, with their explanations for users."""

from __future__ import annotations

DROP_REASONS: dict[str, str] = {
    "empty": "the file is empty",
    "missing": "the original file no longer exists",
    "replaced": "the original file now contains another picture",
    "not_an_image": "the file is not a picture",
    "unsupported": "moue does not read this picture format",
    "unreadable": "the picture is damaged or truncated",
    "crashed": "the process that read the picture crashed",
    "too_large": "the picture has more bytes or pixels than the limit",
    "too_small": "the picture has fewer pixels than the limit",
    "no_face": "no face was found",
    "small_face": "the largest face is smaller than the limit",
    "blurry": "the face is blurred",
    "dark": "the face is too dark",
    "bright": "the face is too bright",
    "duplicate": "the file has the same bytes as another picture",
    "near_duplicate": "the picture looks the same as another picture",
    "by_hand": "dropped by hand",
}
