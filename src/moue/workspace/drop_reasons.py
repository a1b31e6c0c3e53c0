"""Why a picture or a mouth is not used: each reason and its text for people."""

from __future__ import annotations

DROP_REASONS: dict[str, str] = {
    "empty": "the file holds no bytes",
    "missing": "the original file is no longer there",
    "replaced": "its file now holds another picture",
    "not_an_image": "the content is no picture",
    "unsupported": "a picture format that is not read",
    "unreadable": "the picture is damaged or cut short",
    "too_large": "more bytes or pixels than the limit",
    "too_small": "fewer pixels than the limit",
    "no_face": "no face was found",
    "small_face": "the largest face is smaller than the limit",
    "blurry": "the face is not sharp",
    "dark": "the face is too dark",
    "bright": "the face is too bright",
    "duplicate": "the same bytes as another picture",
    "near_duplicate": "looks the same as another picture",
    "by_hand": "a person set it aside",
}
