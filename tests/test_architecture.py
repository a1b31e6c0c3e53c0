"""A package imports only from the layers below it, and no import is circular."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "moue"

LAYERS = [
    {"__main__"},
    {"cli"},
    {"server", "studio"},
    {"export", "http_api", "learn"},
    {"demo", "doctor", "pipeline"},
    {"config"},
    {"explain", "live"},
    {"evaluation"},
    {"predict"},
    {"training"},
    {"dataset"},
    {"face"},
    {"model"},
    {"media"},
    {"workspace"},
    {"cluster", "engine"},
    {"store"},
    {"parallel", "parquet_files", "progress"},
    {"mapped_array", "worker_task"},
    {"memory_budget", "file_walker", "files", "path_list", "settings", "text_array"},
    {"disk_sync", "errors", "geometry", "i18n", "text"},
    {"extras"},
]
"""Packages and modules from the top down. Those in one layer do not import each other."""
TORCH = {"training"}
"""Packages that may import torch at the top of a module."""
MOST_LINES = 300
"""A longer Python file has more than one topic."""


def imports(path: Path, *, inside_functions: bool) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if inside_functions else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"{module}.{a.name}" for a in node.names} if module == "moue" else {module}
    return found


def package(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def layer(name: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if name in names)


FILES = sorted(p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py")


def test_every_package_has_a_layer():
    assert {package(p) for p in FILES} == set().union(*LAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_imports_point_down(path):
    own = package(path)
    for name in imports(path, inside_functions=True):
        if not name.startswith("moue."):
            continue
        other = name.split(".")[1]
        if other in ("__version__", own):
            continue
        allowed = layer(other) > layer(own)
        assert allowed, f"{path}: {own} may not use {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_nothing_outside_training_imports_torch_at_the_top(path):
    if package(path) not in TORCH:
        assert not {n for n in imports(path, inside_functions=False) if n.split(".")[0] == "torch"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_no_torchvision_import_and_no_bare_except(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {n for n in imports(path, inside_functions=True) if n.startswith("torchvision")}
    assert all(n.type is not None for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler))


def test_no_python_file_is_too_long():
    paths = [path for name in ("src", "tests") for path in sorted((ROOT / name).rglob("*.py"))]
    assert SOURCE / "cli" / "commands.py" in paths
    lines = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in paths}
    long = [f"{path.relative_to(ROOT)} ({n})" for path, n in lines.items() if n > MOST_LINES]
    assert not long, f"files with more than {MOST_LINES} lines: {', '.join(long)}"


def module(path: Path) -> str:
    return ".".join(("moue", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


def imported_files(path: Path, modules: set[str]) -> set[str]:
    """Return the modules that a file imports: at the top, in functions and for type checks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & modules
            if names - modules:
                found.add(node.module or "")
    return found & modules


def graph(paths: list[Path]) -> dict[str, set[str]]:
    modules = {module(path) for path in paths}
    return {module(path): imported_files(path, modules) for path in paths}


def test_no_import_is_circular():
    order = list(graphlib.TopologicalSorter(graph(FILES)).static_order())
    assert len(order) == len(FILES)


def test_the_graph_contains_imports_of_each_kind():
    files = graph(FILES)
    assert "moue.cli.commands" in files["moue.cli"]  # in a function
    assert "moue.workspace.types" in files["moue.workspace.catalog"]
    assert "moue.media.video" in files["moue.live.watch"]


def test_the_report_is_a_leaf():
    users = {
        package(p) for p in FILES if any(".report" in n for n in imports(p, inside_functions=True))
    }
    assert users <= {"report", "evaluation"}


SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE) [\w*]|IS (NOT )?NULL|ORDER BY|PRAGMA"
    r"|\w = (\?|'\w+'($| AND| OR))|\bIN \(\?"
)


def texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_only_the_workspace_package_writes_sql(path):
    if package(path) != "workspace":
        assert not [text for text in texts(path) if SQL.search(text)]


def test_the_sql_check_finds_sql_in_the_workspace_package():
    assert any(SQL.search(text) for text in texts(SOURCE / "workspace" / "conditions.py"))
