from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from research.__main__ import STEPS

ROOT = Path(__file__).parents[2] / "research"


def parameters(function: str) -> list[str]:
    """Read the parameter names of a step without importing its packages."""
    module, _, name = function.partition(":")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    names = [a.arg for node in found for a in node.args.args]
    decorated = any(node.decorator_list for node in found)
    return [name for name in names if not (decorated and name == "progress")]


@pytest.mark.parametrize("name", STEPS)
def test_step_arguments_match_its_function(name):
    step = STEPS[name]
    arguments = [argument.lstrip("-").replace("-", "_") for argument in step.arguments]
    assert sorted(parameters(step.function)) == sorted(arguments)


def test_help_lists_every_step():
    command = [sys.executable, "-m", "research", "--help"]
    result = subprocess.run(
        command, cwd=ROOT.parent, capture_output=True, text=True, check=True, timeout=60
    )
    assert all(name in result.stdout for name in STEPS)
