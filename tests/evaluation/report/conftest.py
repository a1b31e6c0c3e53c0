"""A made-up run: drawn mouths, and answers as a fair model would give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from moue.dataset.leakage import Leakage, undetected_leaks
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.corruptions import CORRUPTIONS
from moue.evaluation.evaluate import Evaluation, evaluate
from moue.evaluation.metrics import Proportion
from moue.evaluation.report.report_data import Dropped, ReportData
from moue.evaluation.robustness import Curve, Point
from moue.model.example import Example
from moue.training.run_log import Epoch
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import LABELS, Image

Make = Callable[..., ReportData]


def mouth(label: str, seed: int = 0, side: int = 96) -> Image:
    """A drawn mouth on drawn skin."""
    rng = np.random.default_rng(seed)
    skin = np.array([224, 182, 156]) * rng.uniform(0.45, 1.08)
    light = np.linspace(1.06, 0.9, side)[:, None, None]
    image = np.clip(skin * light + rng.normal(0, 3, (side, side, 1)), 0, 255).astype(np.uint8)
    image = np.ascontiguousarray(image)
    lips = tuple(int(v) for v in np.clip(skin * [0.82, 0.52, 0.5], 0, 255))
    dark = tuple(int(v) for v in skin * [0.3, 0.16, 0.16])
    middle = (side // 2 + int(rng.integers(-4, 5)), side // 2 + int(rng.integers(-3, 4)))
    wide, tall = {"none": (30, 9), "pout": (14, 13), "smile": (36, 14), "open": (24, 27)}.get(
        label, (20, 20)
    )
    angle = float(rng.uniform(-8, 8))
    if label == "smile":
        cv2.ellipse(image, middle, (wide, 22), angle, 15, 165, lips, 9, cv2.LINE_AA)
        cv2.ellipse(image, middle, (wide - 2, 20), angle, 25, 155, (236, 232, 224), 4, cv2.LINE_AA)
    else:
        cv2.ellipse(image, middle, (wide, tall), angle, 0, 360, lips, -1, cv2.LINE_AA)
        hole = (wide - 9, tall - 8) if label == "open" else (max(2, wide - 6), 1)
        cv2.ellipse(image, middle, hole, angle, 0, 360, dark, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 0.8)


def evaluated(
    counts: dict[str, int], labels: tuple[str, ...] = LABELS, sure: float = 3.2, tagged: bool = True
) -> Evaluation:
    """The evaluation of as many answers as `counts` says, right more often than not."""
    rng = np.random.default_rng(1)
    tags = [{"origin": o, "source": s} for o in ("3d", "gan") for s in ("自拍", "helen", "web")]
    examples = [
        Example(
            name=f"{label}-{index:03d}",
            file=Path(f"mouths/{label}-{index:03d}_mouth.png"),
            label=label,
            attributes=tags[int(rng.integers(len(tags)))] if tagged else {},
        )
        for label, count in counts.items()
        for index in range(count)
    ]
    targets = np.array([labels.index(e.label) for e in examples], np.int64)
    logits = rng.normal(0, 1.3, (len(examples), len(labels)))
    logits[np.arange(len(examples)), targets] += sure
    return evaluate(logits * 2.9, examples, labels, temperature=1.6)


def compared(counts: dict[str, int], labels: tuple[str, ...]) -> Comparison:
    """As many answers of a fair model beside those of a poor one."""
    rng = np.random.default_rng(4)
    examples = [
        Example(name=f"{label}-{index:03d}", file=Path("m.png"), label=label)
        for label, count in counts.items()
        for index in range(count)
    ]
    one, two = (
        [e.label if rng.random() < skill else labels[int(rng.integers(len(labels)))]
         for e in examples]
        for skill in (0.92, 0.7)
    )  # fmt: skip
    return compare(examples, one, two, ("003-fast", "002-classic"))


def corruption_curves(count: int) -> list[Curve]:
    """A curve for each corruption: fewer and fewer are right away from the neutral severity."""
    curves = []
    for kind in CORRUPTIONS:
        neutral = kind.severities.index(kind.neutral)
        points = tuple(
            Point(
                severity=severity,
                accuracy=Proportion(right=count * (9 - abs(index - neutral)) // 10, count=count),
                macro_f1=None,
            )
            for index, severity in enumerate(kind.severities)
        )
        mean = 0.7 if count else None
        curves.append(
            Curve(
                name=kind.name, unit=kind.unit, neutral=neutral, mean_accuracy=mean, points=points
            )
        )
    return curves


def epochs(count: int) -> list[Epoch]:
    """The log of a training that went well."""
    rng = np.random.default_rng(2)
    falling = [1.35 * np.exp(-5 * i / max(count, 8)) for i in range(count)]
    return [
        Epoch(
            number=index + 1,
            lr=0.1,
            train_loss=float(base + 0.36 + rng.normal(0, 0.012)),
            train_accuracy=float(0.955 - 0.5 * base + rng.normal(0, 0.006)),
            val_loss=float(base + 0.18 + rng.normal(0, 0.03)),
            val_accuracy=float(min(0.95 - 0.45 * base + rng.normal(0, 0.012), 1)),
            val_recall=float(0.93 - 0.45 * base),
            seconds=1.9,
            images_per_second=3200.0,
            time=1_790_000_000.0 + index,
        )
        for index, base in enumerate(falling)
    ]


def dropped(reason: str, count: int, captions: list[str]) -> Dropped:
    """A few drawn pictures that were set aside."""
    shown = [(mouth("none", 900 + i, 64), text) for i, text in enumerate(captions)]
    return Dropped(reason=reason, meaning=DROP_REASONS[reason], count=count, pictures=shown)


def whole(**changes: Any) -> ReportData:
    """A report with everything in it."""
    labels: tuple[str, ...] = changes.pop("labels", LABELS)
    support = changes.pop("support", {"none": 72, "pout": 27, "smile": 70, "open": 38})
    tests = {label: support.get(label, 0) for label in labels}
    evaluation = evaluated(tests, labels)
    comparison = compared(tests, labels)
    apart = [*comparison.only_first, *comparison.only_second]
    curves = corruption_curves(sum(tests.values()))
    values: dict[str, Any] = {
        "run": "003-fast",
        "created": "2026-11-23 06:20",
        "version": "0.1.0",
        "evaluation": evaluation,
        "split_name": "test",
        "settings": {"recipe": "fast", "epochs": 40, "lr": None, "seed": 0},
        "environment": {
            "python": "3.11.9",
            "platform": "Linux-6.1-x86_64",
            "packages": {"numpy": "2.3.4", "torch": "2.13.0"},
            "counts": {"train": tests},
        },
        "epochs": epochs(40),
        "best": 33,
        "counts": {
            "train": {label: 5 * n for label, n in tests.items()},
            "val": {label: n - n // 9 for label, n in tests.items()},
            "test": tests,
        },
        "funnel": [
            ("collected", 2417), ("converted", 2382), ("with a usable face", 1934),
            ("unique", 1468), ("mouths", 1468), ("labelled", 1449),
        ],
        "dropped": [
            dropped("blurry", 231, ["照片_041.jpg", "street-late.png", "IMG_2231.jpg"]),
            dropped("near_duplicate", 466, [f"clip.mp4#t={t}.4" for t in range(12, 20)]),
            dropped("unreadable", 35, []),
        ],
        "crops": {
            one.name: mouth(one.label, index)
            for index, one in enumerate([*evaluation.mistakes, *apart])
        },
        "examples": {
            label: [mouth(label, 10 * k + i) for i in range(8)] for k, label in enumerate(labels)
        },
        "comparison": comparison,
        "robustness": curves,
        "corrupted": [[mouth("smile", 7, 48) for _ in curve.points] for curve in curves],
        "leakage": Leakage(
            divided_groups=0,
            shared_files=0,
            nearest_pairs=(
                ("照片_041", "head-003", "train", "test", 9),
                ("a", "b", "val", "test", 10),
            ),
            shuffle_divided=61.4,
            groups=188,
            links={"hash": 121, "mirrored": 3, "face": 40, "file name": 2, "video": 22},
            shared_stems=(("IMG_0001", "IMG_0001-2"),),
            shared_stem_count=1,
            pictures=1449,
            subjects_known=0,
            undetected=undetected_leaks(0, 1449),
        ),
        "commands": [
            "moue collect photos/",
            "moue run",
            "moue train --recipe fast --seed 0",
            "moue evaluate runs/003-fast",
        ],
    }  # fmt: skip
    return ReportData(**values | changes)


@pytest.fixture
def make() -> Make:
    """Make a report's data; what is named replaces a part of it.

    `labels` and `support` say which labels there are and how many test mouths each has.
    """
    return whole


@pytest.fixture
def judge() -> Callable[..., Evaluation]:
    """Make an evaluation from mouths per label."""
    return evaluated


@pytest.fixture
def train_log() -> Callable[[int], list[Epoch]]:
    """Make a log of so many epochs."""
    return epochs
