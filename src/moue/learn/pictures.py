"""The picture of a chapter, an SVG file that the terminal command writes.

Its values are those of the figures of the chapter, computed from the same pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from rich.cells import cell_len

from moue.learn.answers import Answers
from moue.learn.data.cascade import side_by_side
from moue.learn.viola_jones import search

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 620, 72, 316
_LEGEND = 46
_COLUMN = 7.2
"""Approximate width of a letter of a legend, in SVG user units."""
_COLOURS = ("#0d7377", "#b4540a", "#6b4ba3", "#1f6feb", "#a3195b")
_DASHES = ("", "8 4", "2 4", "10 3 2 3", "4 2")
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-size:16px;font-weight:600}"
    ".g{stroke:#d0d7de}path{fill:none;stroke-width:2.5}"
)
_FACTOR = 1.3
"""`scaleFactor` of the search, as in the tutorial."""


def picture(chapter: str, title: str, answers: Answers, language: str) -> str | None:
    """Return the SVG picture of a chapter; None if the chapter has none.

    Args:
        chapter: slug of the chapter, such as `loss`.
        title: title of the picture.
        answers: data of the figures.
        language: `en` or `zh`.

    Raises:
        DataError: the workspace lacks what the picture shows.
    """
    draw = _PICTURES.get(chapter)
    return draw(title, answers, language) if draw else None


def _loss(title: str, answers: Answers, language: str) -> str:
    shares = [0.01 + 0.01 * step for step in range(99)]
    names = ("交叉熵 -log p", "平方误差 (1-p)²") if language == "zh" else (
        "cross-entropy -log p", "squared error (1-p)²"
    )  # fmt: skip
    series = {names[0]: [-math.log(p) for p in shares], names[1]: [(1 - p) ** 2 for p in shares]}
    axis = "正确标签的概率 p" if language == "zh" else "probability p of the right label"
    return curves(title, series, axis, (0.01, 0.99))


def _cascade(title: str, answers: Answers, language: str) -> str:
    windows = search(side_by_side(answers.source()), _FACTOR)
    left = windows.left(int(windows.passed.max(initial=1)))
    axis = "级" if language == "zh" else "stage"
    name = "剩下的窗口，log10" if language == "zh" else "windows left, log10"
    return curves(title, {name: [math.log10(max(1.0, n)) for n in left]}, axis, (0, len(left) - 1))


def _optimizer(title: str, answers: Answers, language: str) -> str:
    surface = _plain(answers, "loss-surface")
    losses = [float(loss) for loss in surface["losses"]]
    name, axis = ("训练损失", "轮") if language == "zh" else ("training loss", "epoch")
    return curves(title, {name: losses}, axis, (0, len(losses) - 1))


def _scheduler(title: str, answers: Answers, language: str) -> str:
    runs: Mapping[str, Any] = _plain(answers, "schedules")["runs"]
    rates = {name: [float(rate) for rate in run["rate"]] for name, run in runs.items()}
    axis = "轮；纵轴：学习率" if language == "zh" else "epoch; vertical: learning rate"
    return curves(title, rates, axis, (1, max(map(len, rates.values()))))


def _testing(title: str, answers: Answers, language: str) -> str:
    rows: Sequence[Mapping[str, Any]] = _plain(answers, "leakage")["rows"]
    names = ("按文件划分", "按人划分") if language == "zh" else ("split by file", "split by person")
    series = {
        name: [float(row[key]["accuracy"]) for row in rows]
        for name, key in zip(names, ("file", "person"), strict=True)
    }
    axis = "每个时刻的帧数；纵轴：准确率" if language == "zh" else (
        "frames of each moment; vertical: accuracy"
    )  # fmt: skip
    return curves(title, series, axis, (rows[0]["frames"], rows[-1]["frames"]))


_PICTURES: dict[str, Callable[[str, Answers, str], str]] = {
    "cascade": _cascade, "loss": _loss, "optimizer": _optimizer, "scheduler": _scheduler,
    "honest-testing": _testing,
}  # fmt: skip
"""Function of each chapter with a picture, by slug."""


def _plain(answers: Answers, name: str) -> dict[str, Any]:
    answer = answers.get(name)
    if isinstance(answer, bytes):
        raise TypeError(f"the answer {name} is a pack")
    return answer


def curves(
    title: str, series: Mapping[str, Sequence[float]], axis: str, ends: tuple[float, float]
) -> str:
    """Return curves as an SVG picture. Colours and dashes tell the curves apart.

    Args:
        title: title of the picture.
        series: values at equal distances, by the name of the curve.
        axis: title of the horizontal axis.
        ends: first and last value of the horizontal axis.
    """
    top = max((max(values) for values in series.values()), default=1.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text class="t" x="{_LEFT}" y="24">{escape(title)}</text>',
    ]
    for step in range(5):
        y = _BOTTOM + (_TOP - _BOTTOM) * step / 4
        parts.append(f'<line class="g" x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>')
        text = f"{top * step / 4:.3g}"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{text}</text>')
    for x, value, anchor in ((_LEFT, ends[0], "start"), (_RIGHT, ends[1], "end")):
        parts.append(f'<text x="{x}" y="{_BOTTOM + 20}" text-anchor="{anchor}">{value:g}</text>')
    middle = (_LEFT + _RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{_BOTTOM + 36}" text-anchor="middle">{escape(axis)}</text>'
    )
    place = float(_LEFT)
    for index, (name, values) in enumerate(series.items()):
        parts += _curve(index, name, values, top, place)
        place += 56 + _COLUMN * cell_len(name)
    return "\n".join([*parts, "</svg>", ""])


def _curve(index: int, name: str, values: Sequence[float], top: float, x: float) -> list[str]:
    """Return a curve and its legend, which begins at `x`."""
    colour, dash = _COLOURS[index % len(_COLOURS)], _DASHES[index % len(_DASHES)]
    step = (_RIGHT - _LEFT) / max(1, len(values) - 1)
    points = [
        f"{_LEFT + step * i:.1f} {_BOTTOM + (_TOP - _BOTTOM) * min(v, top) / top:.1f}"
        for i, v in enumerate(values)
    ]
    line = f'stroke="{colour}" stroke-dasharray="{dash}"'
    return [
        f'<path d="M{"L".join(points)}" {line}/>',
        f'<path d="M{x:.0f} {_LEGEND}h28" {line}/>',
        f'<text x="{x + 34:.0f}" y="{_LEGEND + 4}">{escape(name)}</text>',
    ]
