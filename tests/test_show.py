"""Progress as a person sees it."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from moue.cli.console import ConsoleProgress, rate_words


@pytest.mark.parametrize(
    ("count", "seconds", "unit", "words"),
    [
        (8, 0.00003, "", ""),  # what was ready at the start
        (0, 30, "", ""),
        (1, 0.0, "", ""),
        (12345, 10, "", "1,234/s"),
        (42, 10, "", "4.2/s"),
        (3, 7.5, "", "2.5 s/item"),
        (40, 92, "epoch", "2.3 s/epoch"),
        (80, 8, "epoch", "0.1 s/epoch"),
        (2, 250, "epoch", "125 s/epoch"),
    ],
)
def test_rates_are_plausible_and_positive(count, seconds, unit, words):
    assert rate_words(count, seconds, unit) == words


def shown_at(width, work):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, legacy_windows=False)
    progress = ConsoleProgress(console=console)
    with progress.shown():
        work(progress)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


def test_validation_accuracy_and_loss_fit_80_columns():
    def work(progress):
        with progress.task("train classic", 120, "epoch") as advance:
            for _ in range(119):
                advance("val 94.3% loss 0.214")

    text = shown_at(80, work)
    lines = [line for line in re.split(r"[\r\n]+", text) if "train classic" in line]
    assert any("val 94.3% loss 0.214" in line for line in lines)
    assert all(len(line.rstrip()) <= 80 for line in lines)


def test_simultaneous_items_give_no_rate():
    def work(progress):
        with progress.task("convert", 112) as advance:
            for _ in range(8):
                advance("")

    text = shown_at(80, work)
    assert "8/" in text
    assert not re.search(r"\d/s", text)


def test_a_finished_step_is_one_line():
    stream = io.StringIO()
    progress = ConsoleProgress(console=Console(file=stream, width=200))
    with progress.shown(), progress.task("predict", 1) as advance:
        advance("")
    assert re.fullmatch(r"predict: 1 in 0\.\d s\n", stream.getvalue())
