"""The stage `convert` compared with section 3.1 of the tutorial: any picture to JPEG."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks import tutorial_baseline
from benchmarks.inputs import Bench
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.dataset.convert import ConvertJob, ConvertSettings, convert_picture

GOAL = 4.0
HEAVY = 97


def run(bench: Bench) -> list[Row]:
    """Time JPEGs, whose bytes moue keeps after a check, and PNGs, which it encodes again."""
    target = bench.place("convert")
    jpegs = bench.jpegs(bench.few(20, 6))
    heavy = [_again(path, target, ".jpg") for path in jpegs[: bench.few(8, 3)]]
    pngs = [_again(path, target, ".png") for path in jpegs[: bench.few(6, 3)]]
    size = sum(path.stat().st_size for path in heavy) / len(heavy) / 1e6
    weight = f"the same at quality {HEAVY}, {size:.2f} MB each: moue spends most time reading"
    note = "moue also hashes the picture and writes it atomically"
    return [
        _compare("convert: 1080p JPEG", jpegs, target, bench.few(7, 3), GOAL, note),
        _compare("convert: heavy 1080p JPEG", heavy, target, bench.few(5, 2), None, weight),
        _compare("convert: 1080p PNG", pngs, target, bench.few(3, 2), None, ""),
    ]


def _compare(
    step: str, files: list[Path], folder: Path, repeats: int, goal: float | None, note: str
) -> Row:
    settings = ConvertSettings()

    def moue(source: Path) -> None:
        result = convert_picture(ConvertJob("a", source, folder / "moue.jpg"), settings)
        assert result.reason is None, result

    def theirs(source: Path) -> None:
        tutorial_baseline.unify(source, folder / "tutorial.jpg")

    return times(step, *race(theirs, moue, files, repeats), goal, note)


def _again(path: Path, folder: Path, suffix: str) -> Path:
    target = folder / f"{path.stem}{suffix}"
    options = [cv2.IMWRITE_JPEG_QUALITY, HEAVY] if suffix == ".jpg" else []
    cv2.imwrite(str(target), np.asarray(cv2.imread(str(path))), options)
    return target
