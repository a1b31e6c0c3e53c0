"""Train the bundled models and draw the bundled pictures again, step by step.

The README in each folder lists the order of its steps and their input files.
"""

from __future__ import annotations

import os

# Numeric libraries size their thread pools at import. Steps use one process per core instead.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import importlib
from collections.abc import Callable

from research.steps import STEPS, Step


def step_function(step: Step) -> Callable[..., None]:
    """Import and return the function of a step."""
    module, _, name = step.function.partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(f"research.{module}"), name)
    return function


def command_parser() -> argparse.ArgumentParser:
    """Return the parser with one sub-command per step."""
    parser = argparse.ArgumentParser(prog="python -m research", description=__doc__)
    commands = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, step in STEPS.items():
        command = commands.add_parser(name, help=step.help, description=f"{step.help}.")
        for argument, options in step.arguments.items():
            command.add_argument(argument, **options)
    return parser


def main() -> None:
    """Run one step."""
    arguments = vars(command_parser().parse_args())
    step = STEPS[arguments.pop("step")]
    step_function(step)(**arguments)


if __name__ == "__main__":
    main()
