"""Pictures of chapters that show photos and mouths of the reader."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image

from moue.dataset.phash import phash
from moue.face.mouth_crop import crop_mouth
from moue.learn.answers import Answers
from moue.learn.faults.clamped_crop import SCALE, tutorial_crop, tutorial_square
from moue.learn.pack import unpack
from moue.learn.pictures.drawing import (
    COLOURS,
    arrow,
    line,
    outline,
    page,
    percent,
    photo,
    rectangle,
    text,
)
from moue.media.image import Picture
from moue.model.spec import resize
from moue.workspace.types import Image

_TEAL, _ORANGE = COLOURS[:2]
_DISTANCES = (0.3, 0.2, 0.1, 0.0)
"""Distances of the lips to the border of the picture, in sides of the mouth box."""
_DRAWS = 20
_MIN_AREA, _RATIO = 0.08, 4 / 3
"""Limits of the tutorial's random crops: smallest share of the area, and largest ratio of sides."""


def whole_way(title: str, answers: Answers, language: str) -> str:
    """Return one picture on its way: face, mouth crop, probabilities, and the numbers of all."""
    values, arrays = _pack(answers, "whole-way")
    image, chinese = arrays["picture"], language == "zh"
    height = 230.0
    zoom = height / image.shape[0]
    left, top = 20.0, 52.0

    def placed(box: list[float]) -> list[float]:
        return [v * zoom + (left if i % 2 == 0 else top) for i, v in enumerate(box)]

    side = min(image.shape[1] * zoom, 300)
    parts = [
        photo(image, left, top, height), outline(placed(values["face"]), _TEAL, "6 3"),
        outline(placed(values["box"]), _ORANGE), arrow(left + side + 12, 165),
        photo(arrays["crop"], left + side + 58, 110, 110),
    ]  # fmt: skip
    x = left + side + 182
    if "probabilities" in arrays:
        parts.append(arrow(x, 165))
        for row, (name, share) in enumerate(
            zip(values["labels"], arrays["probabilities"].tolist(), strict=True)
        ):
            y = 112 + 30 * row
            parts += [text(x + 46, y + 13, name), rectangle(x + 96, y, 90 * share, 18, _TEAL)]
            parts.append(text(x + 102 + 90 * share, y + 13, percent(share, language), "s"))
    words = _numbers(values, chinese)
    return page(title, [*parts, text(left, 318, words, "b"), text(left, 338, values["name"], "s")])


def _numbers(values: dict[str, Any], chinese: bool) -> str:
    """Return the numbers of the figure `whole-way` in words."""
    pictures, mouths = (f"{values[name]:,}" for name in ("pictures", "mouths"))
    words = f"{pictures} 张图片 → {mouths} 个带标签的嘴部" if chinese else (
        f"{pictures} pictures → {mouths} labelled mouths"
    )  # fmt: skip
    if "right" in values:
        right, predicted = (f"{values[name]:,}" for name in ("right", "predicted"))
        words += f" → 没见过的 {predicted} 个嘴部认对 {right} 个" if chinese else (
            f" → right on {right} of {predicted} mouths it had not seen"
        )  # fmt: skip
    return words


def collecting(title: str, answers: Answers, language: str) -> str:
    """Return mouths of each label, with the numbers of mouths and of persons."""
    mouths, chinese = answers.source().mouths, language == "zh"
    rows = [np.flatnonzero(mouths.targets == index) for index in range(len(mouths.labels))]
    most = max(len(row) for row in rows)
    parts = []
    for index, (label, row) in enumerate(zip(mouths.labels, rows, strict=True)):
        y = 48 + 72 * index
        persons = len({mouths.persons[i] for i in row})
        chosen = row[np.linspace(0, len(row) - 1, min(4, len(row))).astype(int)]
        parts += [photo(mouths.pixels[i], 90 + 64 * n, y, 58) for n, i in enumerate(chosen)]
        words = f"{len(row):,} 张，{persons:,} 个人" if chinese else (
            f"{len(row):,} mouths of {persons:,} persons"
        )  # fmt: skip
        parts += [
            text(20, y + 34, label, "b"), text(360, y + 50, words),
            rectangle(360, y + 14, 250 * len(row) / most, 18, COLOURS[index % len(COLOURS)]),
        ]  # fmt: skip
    return page(title, parts, max(200, 60 + 72 * len(rows)))


def one_format(title: str, answers: Answers, language: str) -> str:
    """Return three JPEG files, as a careless program shows them and as moue reads them."""
    values, arrays = _pack(answers, "jpeg-bytes")
    chinese = language == "zh"
    rows = ("不看文件头的程序", "moue") if chinese else ("a careless program", "moue")
    kinds = (
        ("普通", "EXIF：旋转 90°", "CMYK") if chinese else ("plain", "EXIF: turn by 90°", "CMYK")
    )
    parts = [text(20, 120, rows[0], "b"), text(20, 260, rows[1], "b")]
    for index, kind in enumerate(kinds):
        file, x = arrays[f"file{index}"].tobytes(), 180 + 155.0 * index
        with PIL.Image.open(io.BytesIO(file)) as opened:
            stored = np.ascontiguousarray(np.asarray(opened)[..., :3])
        for y, image in ((44, stored), (186, Picture(file).rgb())):
            height = min(130.0, 140.0 * image.shape[0] / image.shape[1])
            parts.append(photo(image, x, y, height))
        size = f"{len(file):,} 字节" if chinese else f"{len(file):,} bytes"
        parts += [text(x, 334, kind), text(x, 350, size, "s")]
    return page(title, [*parts, text(20, 350, values["names"][0], "s")])


def crop(title: str, answers: Answers, language: str) -> str:
    """Return the lip box and the mouth box, and the crops of the tutorial and of moue at a border.

    The border of the picture moves towards the mouth from left to right.
    """
    values, arrays = _pack(answers, "crop")
    image, lips = arrays["picture"], np.array(values["lips"], np.float32)
    side = SCALE * float(max(lips[2:] - lips[:2]))
    middle = (lips[:2] + lips[2:]) / 2
    square = np.concatenate([middle - side / 2, middle + side / 2])
    zoom, left, top = 250 / image.shape[0], 20.0, 50.0
    boxes = [[v * zoom + (left if i % 2 == 0 else top) for i, v in enumerate(b)]
             for b in (lips.tolist(), square.tolist())]  # fmt: skip
    parts = [
        photo(image, left, top, 250), outline(boxes[0], _TEAL, "5 3"), outline(boxes[1], _ORANGE),
    ]  # fmt: skip
    x = left + 250 * image.shape[1] / image.shape[0] + 24
    tile = (620 - x) / len(_DISTANCES) - 6
    for column, distance in enumerate(_DISTANCES):
        cut = image[:, : round(float(lips[2]) + distance * side)]
        moved = tutorial_crop(cut, tutorial_square(lips, cut.shape[1], cut.shape[0]))
        for y, part in ((80, moved), (80 + tile + 50, crop_mouth(cut, square.astype(np.float32)))):
            if part.size:
                parts.append(photo(resize(part, 64), x + column * (tile + 6), y, tile))
    names = ("教程：挪动裁剪框", "moue：补边") if language == "zh" else (
        "tutorial: moves the square", "moue: repeats the border"
    )  # fmt: skip
    parts += [text(x, 70, names[0], "b"), text(x, 80 + tile + 40, names[1], "b")]
    note = "图片右边缘越来越近 →" if language == "zh" else "the right border comes closer →"
    return page(title, [*parts, text(x, 80 + 2 * tile + 70, note, "s")])


def duplicates(title: str, answers: Answers, language: str) -> str:
    """Return a picture, its changed copy and another picture, with the 64 bits of their hashes."""
    _, arrays = _pack(answers, "perceptual-hash")
    first, chinese = arrays["grey0"], language == "zh"
    small = cv2.resize(first, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    changed = cv2.convertScaleAbs(small, alpha=0.9, beta=24)
    other = arrays[f"grey{len(arrays) - 1}"]
    names = ("图片", "缩小并调亮", "另一张图片") if chinese else (
        "a picture", "smaller and brighter", "another picture"
    )  # fmt: skip
    hashes = [phash(np.asarray(grey)) for grey in (first, changed, other)]
    parts = []
    for column, (grey, name) in enumerate(zip((first, changed, other), names, strict=True)):
        x, bits = 40 + 200 * column, hashes[column]
        parts += [photo(grey, x, 60, 128), text(x, 50, name, "b")]
        for place in range(64):
            # The first bit of the hash is the highest.
            bit, differs = bits >> (63 - place) & 1, (bits ^ hashes[0]) >> (63 - place) & 1
            y, left = 204 + 16 * (place // 8), x + 16 * (place % 8)
            parts.append(rectangle(left, y, 14, 14, "#24292f" if bit else "#d8dee4"))
            if differs:
                parts.append(outline((left + 1, y + 1, left + 13, y + 13), _ORANGE))
        if column:
            count = (bits ^ hashes[0]).bit_count()
            words = f"64 位中有 {count} 位不同" if chinese else f"{count} of 64 bits differ"
            parts.append(text(x, 350, words))
    return page(title, parts)


def transforms(title: str, answers: Answers, language: str) -> str:
    """Return a mouth and twenty random crops of it, as the tutorial draws them in training."""
    values, arrays = _pack(answers, "transforms")
    labels = values["labels"]
    mouth = arrays["mouths"][labels.index("smile") if "smile" in labels else 0]
    rng = np.random.default_rng(0)
    parts = [photo(mouth, 20, 60, 180), arrow(212, 150, 26)]
    parts.append(text(20, 262, "RandomResizedCrop(48)", "s"))
    for index in range(_DRAWS):
        row, column = divmod(index, 5)
        drawn, share = _random_crop(mouth, rng)
        x, y = 256 + 74 * column, 44 + 76 * row
        parts += [photo(drawn, x, y, 58), text(x, y + 70, percent(share, language), "s")]
    note = "数字：裁剪占面积的比例" if language == "zh" else "number: share of the area"
    return page(title, [*parts, line(250, 40, 250, 345), text(20, 282, note, "s")])


def _random_crop(mouth: Image, rng: np.random.Generator) -> tuple[Image, float]:
    """Return a random crop of 48 x 48 pixels, and its share of the area."""
    side = mouth.shape[0]
    while True:
        share = rng.uniform(_MIN_AREA, 1)
        ratio = np.exp(rng.uniform(-np.log(_RATIO), np.log(_RATIO)))
        width, height = (round(side * float(np.sqrt(share * r))) for r in (ratio, 1 / ratio))
        if width <= side and height <= side:
            break
    x, y = int(rng.integers(side - width + 1)), int(rng.integers(side - height + 1))
    part = mouth[y : y + height, x : x + width]
    drawn = np.asarray(cv2.resize(part, (48, 48), interpolation=cv2.INTER_LINEAR), np.uint8)
    return drawn[:, ::-1] if rng.random() < 0.5 else drawn, width * height / side**2


def _pack(answers: Answers, name: str) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    answer = answers.get(name)
    if not isinstance(answer, bytes):
        raise TypeError(f"the answer {name} is not a pack")
    values, arrays = unpack(answer)
    return dict(values), dict(arrays)
