"""Fault: with a learning rate of 0.1 for all of 10 epochs, the training of the tutorial jumps.

StepLR(100, 0.1) lowers the rate after epoch 100, but the tutorial stops after 10 epochs.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

from moue.errors import MissingExtra, ModelError
from moue.learn.faults.chart import draw_curves
from moue.learn.faults.fault import Fault, Sentence
from moue.learn.source import Source
from moue.training.recipes import CLASSIC

EPOCHS = 10
RATES = (0.1, 0.01)
SEEDS = (0, 1, 2)


def show(source: Source, folder: Path) -> Fault:
    """Train simpleconv3 as the tutorial does, with its learning rate and with a tenth of it.

    Args:
        source: source of the mouths.
        folder: unused.

    Raises:
        MissingExtra: torch is not installed.
    """
    curves = {rate: [train(source, rate, seed) for seed in SEEDS] for rate in RATES}
    numbers = {
        f"{name}_{rate}": value
        for rate, runs in curves.items()
        for name, value in _measures(runs).items()
    }
    high, low = RATES
    values: dict[str, float] = {"high": high, "low": low, "epochs": EPOCHS, "seeds": len(SEEDS)}
    for key, rate in (("high", high), ("low", low)):
        values |= {f"{key}_{name}": numbers[f"{name}_{rate}"] for name in _measures(curves[rate])}
    names = [f"lr = {rate}" for rate in RATES]
    accuracies = [[[value for _, value in run] for run in curves[rate]] for rate in RATES]
    return Fault(
        name="unstable-training",
        title=Sentence(
            "Fault: the learning rate is 0.1 for all 10 epochs.",
            "错误：10 轮训练始终使用 0.1 的学习率。",
        ),
        told=(
            Sentence(
                "simpleconv3, SGD with momentum 0.9, {epochs} epochs, {seeds} random seeds.",
                "simpleconv3，SGD，动量 0.9，{epochs} 轮，{seeds} 个随机种子。",
                values,
            ),
            Sentence(
                "Learning rate {high}: from one epoch to the next, the training loss rises by up "
                "to {high_rise:.2f} and the validation accuracy falls by up to {high_fall:.0%}. "
                "The last epoch, which the tutorial keeps, has {high_lowest:.0%} to "
                "{high_highest:.0%}, depending on the seed.",
                "学习率 {high}：相邻两轮之间，训练损失最多上升 {high_rise:.2f}，验证准确率最多下降 "
                "{high_fall:.0%}。教程保存的是最后一轮，它的准确率随种子不同，在 "
                "{high_lowest:.0%} 到 {high_highest:.0%} 之间。",
                values,
            ),
            Sentence(
                "Learning rate {low}: the loss rises by at most {low_rise:.2f}, and the last epoch "
                "has {low_lowest:.0%} to {low_highest:.0%}. It is steady, but slow: 10 epochs are "
                "too few for both.",
                "学习率 {low}：损失最多上升 {low_rise:.2f}，最后一轮的准确率在 {low_lowest:.0%} 到 "
                "{low_highest:.0%} 之间。平稳，但是慢：无论哪种学习率，10 轮都不够。",
                values,
            ),
            Sentence(
                "StepLR(100, 0.1) would lower the rate after epoch 100, which never comes. moue's "
                "recipe classic trains 120 epochs, keeps the best epoch, and fixes the seed.",
                "StepLR(100, 0.1) 要到第 100 轮之后才降低学习率，可训练在第 10 轮就结束了。moue 的 "
                "classic 配方训练 120 轮，保留最好的一轮，并固定随机种子。",
            ),
        ),
        numbers=numbers | {"curves": {str(rate): runs for rate, runs in curves.items()}},
        picture=draw_curves(list(zip(names, ("#c62828", "#1565c0"), accuracies, strict=True))),
    )


def train(source: Source, rate: float, seed: int) -> list[tuple[float, float]]:
    """Return (training loss, validation accuracy) after each epoch of the recipe `classic`.

    Args:
        source: source of the mouths.
        rate: learning rate, constant for all epochs.
        seed: random seed.
    """
    try:
        import torch

        from moue.training.data import Crops
        from moue.training.device import reproducible
        from moue.training.loop import Loop
    except ImportError as error:
        raise MissingExtra("training", "train") from error
    recipe, mouths = dataclasses.replace(CLASSIC, epochs=EPOCHS, lr=rate), source.mouths
    train_set, val_set = (
        Crops(
            pixels=torch.from_numpy(mouths.pixels[mouths.of_split(split)]),
            targets=torch.from_numpy(mouths.targets[mouths.of_split(split)]),
        )
        for split in ("train", "val")
    )
    with reproducible(1, "cpu"):
        loop = Loop(recipe, recipe.spec(mouths.labels), train_set, val_set, seed, "cpu")
        curve: list[tuple[float, float]] = []
        for number in range(1, EPOCHS + 1):
            try:
                epoch = loop.run(number)
            except ModelError:  # the loss became infinite
                lost = (float("inf"), 1 / len(mouths.labels))
                return curve + [lost] * (EPOCHS + 1 - number)
            curve.append((epoch.train_loss, epoch.val_accuracy))
    return curve


def _measures(runs: Sequence[Sequence[tuple[float, float]]]) -> dict[str, float]:
    """Return the largest rise of the loss, fall of the accuracy, and range of the last epoch."""
    final = [run[-1][1] for run in runs]
    pairs = [pair for run in runs for pair in itertools.pairwise(run)]
    return {
        "rise": max(after[0] - before[0] for before, after in pairs),
        "fall": max(before[1] - after[1] for before, after in pairs),
        "lowest": min(final),
        "highest": max(final),
    }
