"""A page of the course loads at most 300 KB of compressed code and text, and nothing elsewhere."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from moue.learn import course
from moue.learn.page_html import Place, chapter_html

STATIC = Path(course.__file__).parent / "static"
LIMIT = 300_000
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'`](\.[^"'`$]+\.js)["'`]""")
SHARED = ["course.js", "page.js", "course.css", "page.css", "site.css", "figures/figures.css"]


def compressed(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def modules(names: list[str]) -> set[Path]:
    """Return the scripts that these scripts of the folder `static` load, and themselves."""
    found: set[Path] = set()
    waiting = [STATIC / name for name in names]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for other in IMPORT.findall(path.read_text(encoding="utf-8")):
            waiting.append((path.parent / other).resolve())
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", course.names())
def test_a_chapter_is_light(name, language):
    place = Place(
        language=language, chapter=str, docs=str, glossary="", contents="", assets="", data="",
        answers="files", number=lambda name, form: "1",
    )  # fmt: skip
    chapter = course.chapter(name, language)
    scripts = [f"figures/{figure}.js" for figure in chapter.figures]
    texts = [f"figures/zh/{figure}.js" for figure in chapter.figures] if language == "zh" else []
    files = modules([*scripts, *texts, *SHARED])
    weight = compressed(chapter_html(chapter, place).encode())
    weight += sum(compressed(path.read_bytes()) for path in files)
    assert weight <= LIMIT


def test_the_files_of_the_course_name_no_other_host():
    files = [p for p in STATIC.rglob("*") if p.suffix in (".js", ".css")]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"""["'(`]https?://""", text), path
