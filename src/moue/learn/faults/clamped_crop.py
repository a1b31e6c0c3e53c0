"""Fault: at the border of the picture, the tutorial moves the crop instead of padding it.

The mouth is then no longer in the centre. If the square is larger than the picture, the crop is cut
or empty. One of the two copies of the code limits y by the width of the picture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from moue.face.mouth_crop import crop_mouth
from moue.learn.faults.fault import Fault, Sentence
from moue.learn.source import Source
from moue.media.image import read_image
from moue.model.spec import resize
from moue.workspace.types import Image, Points

SCALE = 1.5
"""Side of the square, as a multiple of the longer side of the lip box, as in the tutorial."""
DISTANCES = (0.3, 0.2, 0.1, 0.0)
"""Distances of the lips to the right and the lower border, in sides of the square."""
TILE = 160


def show(source: Source, folder: Path) -> Fault:
    """Move the border of a picture towards the mouth, and crop as the tutorial and as moue do.

    Args:
        source: source of the picture; its first picture is used.
        folder: unused.
    """
    picture = source.picture(None, 0)
    image, lips = read_image(picture.path), np.round(source.face(picture).lips)
    side = SCALE * float(max(lips[2:] - lips[:2]))
    rows: list[list[Image]] = [[], []]
    offsets: list[float] = []
    for distance in DISTANCES:
        right, bottom = (round(float(v) + distance * side) for v in lips[2:])
        cut = image[:bottom, :right]
        square = tutorial_square(lips, cut.shape[1], cut.shape[0])
        offsets.append(_offset(lips, square))
        rows[0].append(tutorial_crop(cut, square))
        rows[1].append(crop_mouth(cut, _centred(lips, side), 0.0))
    left, top, right, bottom = (int(v) for v in lips)
    close = image[top - 4 : bottom + 4, left - 4 : right + 4]
    inside = lips - np.array([left - 4, top - 4, left - 4, top - 4], np.float32)
    cut_shape = tutorial_crop(close, tutorial_square(inside, close.shape[1], close.shape[0])).shape
    # A wide picture whose lower border lies just below the mouth.
    wide = np.concatenate([image[: bottom + 4]] * 2, axis=1)
    copy = tutorial_square(lips, wide.shape[1], wide.shape[0], y_by_width=True)
    copy_shape = tutorial_crop(wide, copy).shape
    numbers = {
        "offsets": [round(v, 3) for v in offsets],
        "moue_offsets": [0.0] * len(offsets),
        "close_up_shape": list(cut_shape),
        "copy_shape": list(copy_shape),
        "side": round(side, 1),
    }
    shown = ", ".join(f"{v:.0%}" for v in offsets)
    return Fault(
        name="clamped-crop",
        title=Sentence(
            "Fault: at the border the crop is moved, not padded.",
            "错误：嘴靠近图片边缘时，裁剪框被挪动，而不是补边。",
        ),
        told=(
            Sentence(
                "The border moves towards the mouth. The mouth leaves the centre of the tutorial's "
                "crop by {shown} of the side of the crop.",
                "让图片边缘逐渐靠近嘴：教程的裁剪图里，嘴偏离中心的距离依次为边长的 {shown}。",
                {"shown": shown},
            ),
            Sentence(
                "In a close-up, the square of {side:.0f} px is larger than the picture: the crop "
                "has the shape {h} x {w}.",
                "在特写中，{side:.0f} 像素的方框比图片还大：裁剪结果的尺寸是 {h} x {w}。",
                {"side": side, "h": cut_shape[0], "w": cut_shape[1]},
            ),
            Sentence(
                "The copy in the test program limits y by the width of the picture: in a wide "
                "picture the crop has the shape {h} x {w}.",
                "测试程序里的副本用图片宽度限制 y：在一张宽图中，裁剪结果的尺寸是 {h} x {w}。",
                {"h": copy_shape[0], "w": copy_shape[1]},
            ),
            Sentence(
                "moue repeats the border of the picture: the mouth stays in the centre, and the "
                "crop is always a full square.",
                "moue 用图片边缘的像素补边：嘴始终在正中，裁剪图永远是完整的正方形。",
            ),
        ),
        numbers=numbers,
        picture=np.concatenate([_strip(row) for row in rows], axis=0),
    )


def tutorial_square(
    lips: Points, width: int, height: int, *, y_by_width: bool = False
) -> tuple[float, float, float]:
    """Return left, top and side of the tutorial's square around a lip box.

    Args:
        lips: (4,) lip box: left, top, right, bottom.
        width, height: size of the picture, in pixels.
        y_by_width: True for the copy in the tutorial's test program, which limits y by the width.
    """
    left, top, right, bottom = (float(v) for v in lips)
    side = SCALE * max(right - left, bottom - top)

    def moved(start: float, size: float, length: int, limit: int) -> float:
        margin = (side - size) / 2
        if start >= margin and start + size + margin < length:
            return start - margin
        return 0.0 if start < margin else limit - side

    x = moved(left, right - left, width, width)
    y = moved(top, bottom - top, height, width if y_by_width else height)
    return x, y, side


def tutorial_crop(image: Image, square: tuple[float, float, float]) -> Image:
    """Return the slice of a picture that the tutorial takes; it may be cut off or empty."""
    x, y, side = square
    return image[int(y) : int(y + side), int(x) : int(x + side)]


def _offset(lips: Points, square: tuple[float, float, float]) -> float:
    """Return the distance between the centres of mouth and square, in sides of the square."""
    x, y, side = square
    dx = float(lips[0] + lips[2]) / 2 - x - side / 2
    dy = float(lips[1] + lips[3]) / 2 - y - side / 2
    return float(np.hypot(dx, dy)) / side


def _centred(lips: Points, side: float) -> Points:
    middle = (lips[:2] + lips[2:]) / 2
    return np.concatenate([middle - side / 2, middle + side / 2]).astype(np.float32)


def _strip(crops: list[Image]) -> Image:
    """Return crops side by side, at one height."""
    return np.concatenate([resize(crop, TILE) for crop in crops], axis=1)
