"""Stage 3: drop pictures without a usable face.

`detect` computes scores, and `CHECKS` compare them with thresholds. To add a check, add a
threshold to `CleanSettings` and a line to `CHECKS`. The first failed check is the drop reason.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from moue.dataset.contact_sheets import draw_clean_sheets
from moue.dataset.detect_faces import detect, detect_key
from moue.face.backends import FaceSettings, upright_only
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace.context import Context
from moue.workspace.measured_columns import MeasuredColumns
from moue.workspace.overview import Measured, measured
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER, Sample


@dataclass(frozen=True, kw_only=True)
class CleanSettings:
    """Settings of `moue clean`."""

    min_main_face: Annotated[
        int, Setting("Minimum shorter side of the main face, in pixels.", low=8)
    ] = 40
    min_sharpness: Annotated[
        float,
        Setting(
            "Minimum sharpness score of the main face; values near 0 are out of focus. 0 "
            "turns this check off.",
            low=0,
        ),
    ] = 0.01
    min_highlight: Annotated[
        float,
        Setting(
            "Drop a face as too dark if its brightest 2% of pixels are below this brightness, from "
            "0 to 1. 0 turns this check off.",
            low=0,
            high=1,
        ),
    ] = 0.2
    max_shadow: Annotated[
        float,
        Setting(
            "Drop a face as too bright if its darkest 2% of pixels are above this brightness, from "
            "0 to 1. 1 turns this check off.",
            low=0,
            high=1,
        ),
    ] = 0.8
    dry_run: Annotated[
        bool,
        Setting("Report the pictures that would be dropped, without dropping them.", once=True),
    ] = False
    sheets: Annotated[
        bool, Setting("Write contact sheets of the kept and dropped pictures.", once=True)
    ] = True


Picture = Sample | Measured

CHECKS: tuple[tuple[str, Callable[[Picture, CleanSettings], str | None]], ...] = (
    ("no_face", lambda s, c: None if s.faces else "no face found"),
    ("small_face", lambda s, c: _below(s, "face_px", c.min_main_face)),
    ("blurry", lambda s, c: None if s.kind == "mouth" else _below(s, "sharpness", c.min_sharpness)),
    ("dark", lambda s, c: _below(s, "highlight", c.min_highlight)),
    ("bright", lambda s, c: _above(s, "shadow", c.max_shadow)),
)
"""Drop reasons in order of priority. Each function returns the detail of a failed check, or None if
the picture passes."""


def verdict(sample: Picture, settings: CleanSettings) -> tuple[str | None, str | None]:
    """Return the drop reason of a sample and its detail; (None, None) if all checks pass."""
    for reason, test in CHECKS:
        if why := test(sample, settings):
            return reason, why
    return None, None


def failed_checks(pictures: MeasuredColumns, settings: CleanSettings) -> npt.NDArray[np.int8]:
    """Return the first failed check of each picture as an index into `CHECKS`; -1 without any.

    The result is that of `verdict`, for many pictures at once.
    """
    scores = pictures.scores
    failures = {
        "small_face": scores["face_px"] < settings.min_main_face,
        "blurry": (scores["sharpness"] < settings.min_sharpness) & ~pictures.mouths,
        "dark": scores["highlight"] < settings.min_highlight,
        "bright": scores["shadow"] > settings.max_shadow,
    }
    found = np.full(len(pictures.numbers), -1, np.int8)
    for index, (reason, _) in reversed(list(enumerate(CHECKS))):
        if reason in failures:  # all of these pictures have a face
            found[failures[reason]] = index
    return found


def clean(context: Context) -> Summary:
    """Detect faces in new pictures, then keep or drop every picture according to its scores."""
    catalog, face = context.catalog, context.config.get(FaceSettings)
    settings = context.config.get(CleanSettings)
    detected, changed = detect(context), 0
    counts: Counter[str] = Counter()
    seen = hashlib.sha256(detect_key(face).encode())
    kept = 0

    def reason_of(sample: Picture) -> str | None:
        return None if sample.decided_by == USER else verdict(sample, settings)[0]

    with catalog.transaction():
        for one in measured(catalog):
            reason, why = verdict(one, settings)
            own = reason_of(one)
            if own is not None:
                counts[own] += 1
            kept += own is None and one.decided_by != "dedupe"
            seen.update(f"{one.name} {own}\n".encode())
            if not settings.dry_run and (reason or one.decided_by == "clean"):
                sample = catalog.sample(one.name)
                changed += set_dropped(catalog, sample, reason, "clean", why)
    found = dict(counts.most_common())
    done = max(detected, changed)  # new thresholds change verdicts without any detection
    summary = Summary(stage="clean", done=done, counts={"kept": kept} | found)
    if settings.dry_run:
        summary.notes.append("dry run: nothing was dropped")
    if counts["no_face"] and (note := upright_only(face)):
        summary.notes.append(f"no_face: {note}")
    # Marked done only after drawing, so the next call repeats drawing that was interrupted.
    if settings.sheets and not catalog.is_done("sheets", seen.hexdigest(), "clean"):
        summary.files = draw_clean_sheets(context, sorted(found), reason_of)
        catalog.mark_done("sheets", seen.hexdigest(), ["clean"])
    return summary


def _below(sample: Picture, score: str, limit: float) -> str | None:
    value = sample.scores[score]
    return f"{score} {value:g}, below {limit:g}" if value < limit else None


def _above(sample: Picture, score: str, limit: float) -> str | None:
    value = sample.scores[score]
    return f"{score} {value:g}, above {limit:g}" if value > limit else None
