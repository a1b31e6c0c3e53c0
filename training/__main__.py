"""From the development data to the weights that ship, or to the scores in their card.

`weights` trains the models that ship on everything and drops them into the package; `scores`
trains without some sources and judges on these, three seeds each; `groups` measures so what each
group of the data is worth, `tuning` what going on from a trained network is worth. A scored
training uses nothing of what it is judged on.
"""

from __future__ import annotations

import os

# One training per core: threads that wait for each other cost more than they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
from pathlib import Path

from moue.cli.console import ConsoleProgress
from training import scores, tuning, weights

WORK = Path(".training")
STEPS = {
    "weights": weights.make,
    "scores": scores.measure,
    "groups": scores.groups,
    "tuning": tuning.compare,
}


def main() -> None:
    """Run one of the steps."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("step", choices=list(STEPS))
    parser.add_argument("data", type=Path, help="folder of the unpacked sets and their .csv files")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for what is kept")
    arguments = parser.parse_args()
    if not (arguments.data / "dev4.csv").is_file():
        parser.error(f"{arguments.data}: no dev4.csv there; see training/README.md")
    progress = ConsoleProgress()
    with progress.shown():
        STEPS[arguments.step](arguments.data, arguments.work, progress)


if __name__ == "__main__":
    main()
