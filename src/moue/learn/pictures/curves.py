"""Pictures of chapters that are curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rich.cells import cell_len

from moue.learn.answers import Answers
from moue.learn.data.cascade import side_by_side
from moue.learn.pictures.drawing import BOTTOM, COLOURS, LEFT, RIGHT, TOP, line, page, text
from moue.learn.source import Source
from moue.learn.viola_jones import search
from moue.model import runs
from moue.training import run_log

_LEGEND = 46
_COLUMN = 7.2
"""Approximate width of a letter of a legend, in SVG user units."""
_DASHES = ("", "8 4", "2 4", "10 3 2 3", "4 2")
_FACTOR = 1.3
"""`scaleFactor` of the search, as in the tutorial."""


def loss(title: str, answers: Answers, language: str) -> str:
    """Return the losses of the probability of the right label."""
    shares = [0.01 + 0.01 * step for step in range(99)]
    names = ("交叉熵 -log p", "平方误差 (1-p)²") if language == "zh" else (
        "cross-entropy -log p", "squared error (1-p)²"
    )  # fmt: skip
    series = {names[0]: [-math.log(p) for p in shares], names[1]: [(1 - p) ** 2 for p in shares]}
    axis = "正确标签的概率 p" if language == "zh" else "probability p of the right label"
    return curves(title, series, axis, (0.01, 0.99))


def cascade(title: str, answers: Answers, language: str) -> str:
    """Return the windows that are left after each stage."""
    windows = search(side_by_side(answers.source()), _FACTOR)
    left = windows.left(int(windows.passed.max(initial=1)))
    axis = "级" if language == "zh" else "stage"
    name = "剩下的窗口，log10" if language == "zh" else "windows left, log10"
    return curves(title, {name: [math.log10(max(1.0, n)) for n in left]}, axis, (0, len(left) - 1))


def optimizer(title: str, answers: Answers, language: str) -> str:
    """Return the loss of a short training, by epoch."""
    surface = _plain(answers, "loss-surface")
    losses = [float(loss) for loss in surface["losses"]]
    name, axis = ("训练损失", "轮") if language == "zh" else ("training loss", "epoch")
    return curves(title, {name: losses}, axis, (0, len(losses) - 1))


def scheduler(title: str, answers: Answers, language: str) -> str:
    """Return the learning rates of the schedules, by epoch."""
    runs: Mapping[str, Any] = _plain(answers, "schedules")["runs"]
    rates = {name: [float(rate) for rate in run["rate"]] for name, run in runs.items()}
    axis = "轮；纵轴：学习率" if language == "zh" else "epoch; vertical: learning rate"
    return curves(title, rates, axis, (1, max(map(len, rates.values()))))


def testing(title: str, answers: Answers, language: str) -> str:
    """Return the accuracies of two kinds of splits."""
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


def training(title: str, answers: Answers, language: str) -> str:
    """Return the curves of the newest run of the workspace, or of a short training."""
    chinese = language == "zh"
    epochs = _epochs(answers.source())
    if epochs:
        series = {
            ("训练损失" if chinese else "training loss"): [e.train_loss for e in epochs],
            ("验证损失" if chinese else "validation loss"): [e.val_loss for e in epochs],
        }
        last = epochs[-1].number
    else:
        run = _plain(answers, "schedules")["runs"]["constant"]
        series = {
            ("训练损失" if chinese else "training loss"): run["loss"],
            ("验证准确率" if chinese else "validation accuracy"): run["validation"],
        }
        last = len(run["loss"])
    return curves(title, series, "轮" if chinese else "epoch", (1, last))


def _epochs(source: Source) -> Sequence[run_log.Epoch]:
    """Return the epochs of the newest finished run; none without a workspace or a run."""
    found = [] if source.workspace is None else runs.finished(source.workspace)
    return run_log.read_log(found[-1].folder) if found else ()


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
    finite = [value for values in series.values() for value in values if math.isfinite(value)]
    top = max(finite, default=1.0) or 1.0
    parts = []
    for step in range(5):
        y = BOTTOM + (TOP - BOTTOM) * step / 4
        parts += [
            line(LEFT, y, RIGHT, y),
            text(LEFT - 8, y + 4, f"{top * step / 4:.3g}", "", "end"),
        ]
    for x, value, anchor in ((LEFT, ends[0], "start"), (RIGHT, ends[1], "end")):
        parts.append(text(x, BOTTOM + 20, f"{value:g}", "", anchor))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 36, axis, "", "middle"))
    place = float(LEFT)
    for index, (name, values) in enumerate(series.items()):
        parts += _curve(index, name, values, top, place)
        place += 56 + _COLUMN * cell_len(name)
    return page(title, parts)


def _curve(index: int, name: str, values: Sequence[float], top: float, x: float) -> list[str]:
    """Return a curve and its legend, which begins at `x`; values that are not finite are gaps."""
    colour, dash = COLOURS[index % len(COLOURS)], _DASHES[index % len(_DASHES)]
    step = (RIGHT - LEFT) / max(1, len(values) - 1)
    points = [
        f"{LEFT + step * i:.1f} {BOTTOM + (TOP - BOTTOM) * min(v, top) / top:.1f}"
        for i, v in enumerate(values)
        if math.isfinite(v)
    ]
    stroke = f'stroke="{colour}" stroke-dasharray="{dash}"'
    return [
        f'<path d="M{"L".join(points)}" {stroke}/>',
        f'<path d="M{x:.0f} {_LEGEND}h28" {stroke}/>',
        f'<text x="{x + 34:.0f}" y="{_LEGEND + 4}">{escape(name)}</text>',
    ]
