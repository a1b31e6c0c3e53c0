"""Draw an explanation as one picture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from moue.explain.explanation import Explanation
from moue.explain.neighbours import Neighbour
from moue.explain.smallest_change import Change
from moue.media.draw import contact_sheet, sheet_text
from moue.workspace.types import Image

COLUMNS = 8
SIDE = 168
"""Side of each picture on the sheet, in pixels."""
SUPPORTS = np.array((224, 90, 30), np.float32)
CONTRADICTS = np.array((40, 110, 200), np.float32)
"""Colours of areas that support the label, and of areas that contradict it; RGB."""

CropOf = Callable[[Neighbour], tuple[Image | None, str]]
"""A function from a neighbour to its crop and its label."""


def draw_sheet(found: Explanation, name: str, crop_of: CropOf | None = None) -> Image:
    """Return a sheet: the crop, what the model looked at, the smallest changes and the neighbours.

    Args:
        found: explanation.
        name: name of the mouth, for the title.
        crop_of: function from a neighbour to its crop and its label; None to draw no neighbours.
    """
    words = f"{found.label} {found.probabilities[found.label]:.0%}"
    tiles: list[tuple[Image | None, str]] = [
        (fitted(found.crop), words),
        (overlay(found.crop, found.occlusion.values), _support(found.label)),
    ]  # fmt: skip
    tiles += [(fitted(one.crop), _caption(one)) for one in found.changes if one.crop is not None]
    if crop_of is not None and found.neighbours:
        tiles += [(None, "")] * (-len(tiles) % COLUMNS)
        for neighbour in found.neighbours:
            crop, label = crop_of(neighbour)
            near = sheet_text("near: {label}", label=label) + "\n"
            near += sheet_text("distance {distance}", distance=f"{neighbour.distance:.3f}")
            tiles.append((None if crop is None else fitted(crop), near))
    return contact_sheet(tiles, f"{name}: {words}", min(COLUMNS, len(tiles)), SIDE)


def _support(label: str) -> str:
    first = sheet_text("orange: supports {label}", label=label)
    return f"{first}\n{sheet_text('blue: contradicts it')}"


def _caption(change: Change) -> str:
    """Return a change that has a crop, such as `shift 12.5 % to the left` and `then none 61%`."""
    assert change.amount is not None
    after = sheet_text(
        "then {label} {share}", label=change.label, share=f"{change.probability:.0%}"
    )
    return f"{sheet_text(amount_words(change.kind, change.amount))}\n{after}"


def amount_words(kind: str, amount: float) -> str:
    """Return the amount of a change in words."""
    size = f"{abs(amount):g}"
    match kind:
        case "shift_x":
            return f"shift {size} % to the right" if amount > 0 else f"shift {size} % to the left"
        case "shift_y":
            return f"shift {size} % down" if amount > 0 else f"shift {size} % up"
        case "scale":
            return f"crop {size} times as large"
        case "roll":
            return f"roll {size}° clockwise" if amount > 0 else f"roll {size}° counter-clockwise"
        case "brightness":
            return f"brighter by {size} of 255" if amount > 0 else f"darker by {size} of 255"
    return f"blur of {size} %"


def overlay(crop: Image, values: npt.NDArray[np.floating]) -> Image:
    """Return a crop in grey with a map of values in colour.

    Args:
        crop: (H, W, 3) uint8 RGB.
        values: (rows, columns) map; positive values are orange, negative values blue.
    """
    picture = fitted(crop).astype(np.float32)
    height, width = picture.shape[:2]
    grey = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    share = (values / max(float(np.abs(values).max()), 1e-12)).astype(np.float32)
    scaled = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    colour = np.where(scaled[..., None] > 0, SUPPORTS, CONTRADICTS)
    strength = 0.75 * np.abs(scaled)[..., None]
    return np.asarray(np.rint(grey * (1 - strength) + colour * strength), np.uint8)


def fitted(image: Image) -> Image:
    """Return an image whose longer side is `SIDE`."""
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
