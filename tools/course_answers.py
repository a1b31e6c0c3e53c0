"""Compute the stored answers of the course figures for the bundled pictures.

The trainings take about two minutes. `python tools/course_answers.py NAME…` computes only some.
"""

from __future__ import annotations

import sys

import torch

from moue.learn.data import BUNDLED, TRAINED, compute, store
from moue.learn.source import Source


def main() -> None:
    """Write the answers to `src/moue/learn/bundled`."""
    torch.set_num_threads(1)
    for name in sys.argv[1:] or TRAINED:
        path = store(BUNDLED / name, compute(name, Source.bundled(), {}))
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
