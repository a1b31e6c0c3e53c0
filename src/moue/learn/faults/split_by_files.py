"""Fault: the tutorial shuffles files into training and validation set.

Pictures of one moment, such as frames of a video, are then in both sets, and the validation
accuracy measures memory.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.learn.faults.fault import Fault, Sentence
from moue.learn.source import Source

FRAMES = 6
"""Number of frames of each moment."""
SEEDS = range(5)
SIDE = 16
"""Side of the grey pictures that are compared, in pixels."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def show(source: Source, folder: Path) -> Fault:
    """Split frames 9:1 by files and by persons, and measure both validation accuracies.

    The classifier returns the label of the most similar training picture. It learns nothing about
    mouths, so a high accuracy can only come from near-duplicates.

    Args:
        source: source of the mouths.
        folder: unused.
    """
    pixels, targets, persons, moments = frames(source)
    by_file = [_accuracy(pixels, targets, _random_tenth(np.arange(len(targets)), s)) for s in SEEDS]
    by_person = [_accuracy(pixels, targets, _random_tenth(persons, s)) for s in SEEDS]
    shared = [_shared(moments, _random_tenth(np.arange(len(targets)), s)) for s in SEEDS]
    numbers = {
        "pictures": len(targets), "persons": len(np.unique(persons)),
        "by_file": float(np.mean(by_file)), "by_person": float(np.mean(by_person)),
        "shared": float(np.mean(shared)),
    }  # fmt: skip
    return Fault(
        name="split-by-files",
        title=Sentence(
            "Fault: the data set is split by files.",
            "错误：按文件划分数据集。",
        ),
        told=(
            Sentence(
                "{pictures} pictures of {persons} persons: {frames} frames of each moment, as a "
                "video gives them. Split 9:1.",
                "{persons} 个人的 {pictures} 张图片：每个瞬间有 {frames} 帧，就像从视频中截取的"
                "一样。按 9:1 划分。",
                numbers | {"frames": FRAMES},
            ),
            Sentence(
                "Shuffled by files: {shared:.0%} of the validation pictures have a frame of the "
                "same moment in the training set.",
                "按文件打乱：{shared:.0%} 的验证图片在训练集中有同一瞬间的另一帧。",
                numbers,
            ),
            Sentence(
                "A program that only finds the most similar training picture is right on "
                "{by_file:.0%} of them. On persons it has never seen, it is right on "
                "{by_person:.0%}.",
                "一个只会查找最相似训练图片的程序能答对 {by_file:.0%}；换成从未见过的人，只有 "
                "{by_person:.0%}。",
                numbers,
            ),
            Sentence(
                "moue keeps near-duplicates, frames and persons together, and reports what would "
                "have leaked (moue split).",
                "moue 不拆开近似重复的图片、视频帧和同一个人，并报告本来会泄漏多少（moue split）。",
            ),
        ),
        numbers=numbers,
    )


def frames(source: Source) -> tuple[Floats, Integers, Integers, Integers]:
    """Return `FRAMES` slightly different pictures of each mouth.

    Returns:
        (N, 256) grey pixels, (N,) labels, (N,) numbers of the persons, and (N,) numbers
        of the moments.
    """
    mouths = source.mouths
    rng = np.random.default_rng(0)
    grey = mouths.pixels.astype(np.float64).mean(axis=3)
    count, side = grey.shape[:2]
    rows = []
    for _ in range(FRAMES):
        # A small shift, another brightness and noise, as from frame to frame.
        dy, dx = (int(v) for v in rng.integers(-1, 2, 2))
        shifted = np.roll(grey, (dy, dx), axis=(1, 2))
        changed = shifted * rng.uniform(0.95, 1.05) + rng.normal(0, 3, grey.shape)
        block = side // SIDE
        rows.append(changed.reshape(count, SIDE, block, SIDE, block).mean(axis=(2, 4)))
    pixels = np.concatenate(rows).reshape(FRAMES * count, -1)
    _, persons = np.unique(mouths.persons, return_inverse=True)
    repeated = [np.tile(values, FRAMES) for values in (mouths.targets, persons, np.arange(count))]
    return pixels, repeated[0], repeated[1], repeated[2]


def _random_tenth(groups: Integers, seed: int) -> npt.NDArray[np.bool_]:
    """Return the validation mask (N,): a random tenth of the groups."""
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(names)[: max(1, round(len(names) / 10))]
    return np.isin(groups, chosen)


def _accuracy(pixels: Floats, targets: Integers, val: npt.NDArray[np.bool_]) -> float:
    # The squared distance, without the squares of `pixels[val]`, which change no order.
    distance = (pixels[~val] ** 2).sum(axis=1) - 2 * pixels[val] @ pixels[~val].T
    nearest = distance.argmin(axis=1)
    return float((targets[~val][nearest] == targets[val]).mean())


def _shared(moments: Integers, val: npt.NDArray[np.bool_]) -> float:
    return float(np.isin(moments[val], moments[~val]).mean())
