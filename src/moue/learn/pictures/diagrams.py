"""Pictures of chapters that are diagrams: the parameters of a network, and labels over time."""

from __future__ import annotations

import math
from itertools import groupby, pairwise

import numpy as np

from moue.learn.answers import Answers
from moue.learn.pack import unpack
from moue.learn.pictures.drawing import BOTTOM, COLOURS, line, page, percent, rectangle, text
from moue.live.smoothing import LabelSmoother, SmoothingSettings

_LAYERS = ("conv1", "conv2", "conv3", "fc1", "fc2", "fc3")
_SIDE = 210.0
"""Side of the square of the largest layer, in SVG user units."""
_LABELS = {"none": "#7c8aa5", "smile": "#e0922f"}
_FPS, _FRAMES = 25, 50
"""Frames per second, and frames of each part of the video."""


def network(title: str, answers: Answers, language: str) -> str:
    """Return the layers of the network as squares whose areas are their parameters."""
    answer = answers.get("feature-maps")
    assert isinstance(answer, bytes)
    _, arrays = unpack(answer)
    counts = {name: arrays[f"{name}.weight"].size + arrays[f"{name}.bias"].size for name in _LAYERS}
    total, largest = sum(counts.values()), max(counts.values())
    parts, x = [], 24.0
    for name, count in counts.items():
        side = _SIDE * math.sqrt(count / largest)
        colour = COLOURS[0] if name.startswith("conv") else COLOURS[1]
        parts.append(rectangle(x, BOTTOM - 30 - side, side, side, colour))
        parts += [text(x, BOTTOM - 10, name, "b"), text(x, BOTTOM + 8, f"{count:,}")]
        parts.append(text(x, BOTTOM + 26, percent(count / total, language, 2), "s"))
        x += max(side, 68) + 14
    linear = sum(count for name, count in counts.items() if name.startswith("fc")) / total
    held = percent(linear, language, 1)
    words = f"面积 = 参数个数。三个全连接层占 {held}。" if language == "zh" else (
        f"Area = number of parameters. The three linear layers hold {held}."
    )  # fmt: skip
    return page(title, [*parts, text(20, 48, words)])


def smoothing(title: str, answers: Answers, language: str) -> str:
    """Return noisy probabilities of a video, and the label with and without smoothing."""
    chinese = language == "zh"
    rng = np.random.default_rng(0)
    smile = np.repeat([0.1, 0.55, 0.9], _FRAMES) + rng.normal(0, 0.12, 3 * _FRAMES)
    smile = smile.clip(0, 1)
    left, right, top, bottom = 150.0, 620.0, 56.0, 200.0
    step = (right - left) / len(smile)
    points = "L".join(
        f"{left + step * (i + 0.5):.1f} {bottom + (top - bottom) * p:.1f}"
        for i, p in enumerate(smile)
    )
    axis = "smile 的概率" if chinese else "probability of smile"
    parts = [line(left, y, right, y) for y in (top, (top + bottom) / 2, bottom)]
    parts += [text(left - 8, y + 4, share, "s", "end") for y, share in
              ((top, percent(1, language)), ((top + bottom) / 2, percent(0.5, language)),
               (bottom, percent(0, language)))]  # fmt: skip
    parts += [text(left, 46, axis, "s"), f'<path stroke="{COLOURS[0]}" d="M{points}"/>']
    names = ("每帧单独判断", "平滑", "平滑加迟滞") if chinese else (
        "each frame alone", "smoothed", "and hysteresis"
    )  # fmt: skip
    settings = (
        SmoothingSettings(time_constant=0, hysteresis=0), SmoothingSettings(hysteresis=0),
        SmoothingSettings(),
    )  # fmt: skip
    for row, (name, chosen) in enumerate(zip(names, settings, strict=True)):
        smoother, y = LabelSmoother(["none", "smile"], chosen), 224 + 40.0 * row
        labels = [smoother.update([1 - p, p], n / _FPS) for n, p in enumerate(smile.tolist())]
        changes = sum(a != b for a, b in pairwise(labels))
        count = f"改变 {changes} 次" if chinese else f"{changes} change{'s' * (changes != 1)}"
        parts += [text(20, y + 10, name, "b"), text(20, y + 25, count, "s")]
        place = left
        for label, same in groupby(labels):
            width = step * len(list(same))
            parts.append(rectangle(place, y, width, 24, _LABELS[str(label)]))
            place += width
    note = "橙色：smile；灰色：none；共 6 秒" if chinese else "orange: smile; grey: none; 6 seconds"
    return page(title, [*parts, text(left, 352, note, "s")])
