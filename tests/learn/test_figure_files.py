"""The scripts of the figures are small and load nothing from other servers."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from figure_names import FIGURE_NAMES, FIGURES
from moue.learn import course

LIMIT = 300_000
"""Maximum size of the compressed scripts, styles and text of one chapter, in bytes."""
IMPORT = re.compile(r'(?:from|import) "(\.[^"]+)"')


def imported(path: Path, found: set[Path]) -> set[Path]:
    """Return a script and all scripts that it imports."""
    if path not in found:
        found.add(path)
        for name in IMPORT.findall(path.read_text(encoding="utf-8")):
            imported((path.parent / name).resolve(), found)
    return found


@pytest.mark.parametrize("name", course.names())
def test_the_code_and_text_of_a_chapter_are_small(name):
    figures = course.chapter(name, "zh").figures
    files = {FIGURES / "figures.css", course.CHAPTERS / "zh" / f"{name}.md"}
    files |= set(FIGURES.parent.glob("*.js")) | set(FIGURES.parent.glob("*.css"))
    for figure in figures:
        files |= imported(FIGURES / f"{figure}.js", set()) | {FIGURES / "zh" / f"{figure}.js"}
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < LIMIT / 2


def test_every_figure_of_a_chapter_exists_and_each_is_used():
    used = {figure for name in course.names() for figure in course.chapter(name, "en").figures}
    assert used == set(FIGURE_NAMES)


def test_the_scripts_load_nothing_from_other_servers():
    for path in [*FIGURES.rglob("*.js"), *(FIGURES.parent / "core").glob("*.js")]:
        addresses = re.findall(r"https?://[\w.]+", path.read_text(encoding="utf-8"))
        assert set(addresses) <= {"http://www.w3.org"}, path.name


def test_the_pure_modules_use_no_page():
    for path in (FIGURES.parent / "core").glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(document|window|navigator)\.", script), path.name
        assert "/figures/" not in script, path.name
