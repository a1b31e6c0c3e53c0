"""The course on the website: pages that no file in `docs` has, their files, and their data.

The chapters are those of the package. Their figures load the same modules as in the studio, and
read the answers for the bundled pictures from files.
"""

from __future__ import annotations

import json
import posixpath
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "src"))

from moue.i18n.catalog import translations  # noqa: E402
from moue.learn import course, data  # noqa: E402
from moue.learn.answers import Answers, as_bytes  # noqa: E402
from moue.learn.blocks import LANGUAGES, Language  # noqa: E402
from moue.learn.page_html import (  # noqa: E402
    Place,
    chapter_html,
    contents_html,
    glossary_html,
)

FOLDER = "course"
ANSWERS = Answers()
STATIC = Path(course.__file__).with_name("static")


def sources() -> list[str]:
    """Return the paths of the pages below `docs`, as if they were files."""
    names = ["index", *course.names(), "glossary"]
    return [f"{_prefix(language)}{FOLDER}/{name}.md" for language in LANGUAGES for name in names]


def navigation() -> dict[str, list[str]]:
    """Return the entry of the navigation."""
    names = ["index", *course.names(), "glossary"]
    return {"Course": [f"{FOLDER}/{name}.md" for name in names]}


def front_matter(source: str) -> str:
    """Return the Markdown source of a page: its title only, since `content` replaces the rest."""
    language, name = _parts(source)
    return f"---\ntitle: {json.dumps(_title(name, language), ensure_ascii=False)}\n---\n"


def content(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the HTML of a page and its table of contents."""
    language, name = _parts(source)
    place = _place(language, name)
    head = "".join(
        f'<link rel="stylesheet" href="{place.assets}{file}">\n'
        for file in ("course.css", "site.css")
    )
    head += f'<script type="module" src="{place.assets}course.js"></script>\n'
    sections: list[tuple[str, str]] = []
    if name == "index":
        html = contents_html(place)
    elif name == "glossary":
        html = glossary_html(place)
    else:
        chapter = course.chapter(name, language)
        html = chapter_html(chapter, place)
        sections = [(section.id, section.title) for section in chapter.sections]
    below = [{"level": 2, "id": i, "name": title, "children": []} for i, title in sections]
    toc = [{"level": 1, "id": "top", "name": _title(name, language), "children": below}]
    return head + html, toc if below else []


def write_files(site: Path) -> None:
    """Copy the files of the course into a site, and write the answers of its data functions."""
    target = site / FOLDER
    shutil.copytree(STATIC, target / "static", dirs_exist_ok=True)
    (target / "data").mkdir(exist_ok=True)
    files = {}
    for name in data.NAMES:
        content, kind = as_bytes(ANSWERS.get(name))
        files[name] = f"{name}.{kind}"
        (target / "data" / files[name]).write_bytes(content)
    (target / "data/index.json").write_text(json.dumps(files), encoding="utf-8")


def _prefix(language: Language) -> str:
    return "" if language == "en" else f"{language}/"


def _parts(source: str) -> tuple[Language, str]:
    language: Language = "zh" if source.startswith("zh/") else "en"
    return language, posixpath.basename(source).removesuffix(".md")


def _title(name: str, language: Language) -> str:
    if name in course.names():
        return course.chapter(name, language).title
    return translations(language).gettext("The course" if name == "index" else "Glossary")


def _place(language: Language, name: str) -> Place:
    """Return the addresses of a page; each page is `index.html` in a folder of its own."""
    here = f"{_prefix(language)}{FOLDER}" + ("" if name == "index" else f"/{name}")
    up = posixpath.relpath(".", here) + "/"
    base = f"{up}{_prefix(language)}"
    return Place(
        language=language,
        chapter=lambda chapter: f"{base}{FOLDER}/{chapter}/",
        docs=lambda page: base + page.removesuffix(".md").removesuffix("index").rstrip("/") + "/",
        glossary=f"{base}{FOLDER}/glossary/",
        contents=f"{base}{FOLDER}/",
        assets=f"{up}{FOLDER}/static/",
        data=f"{up}{FOLDER}/data/",
        answers="files",
        number=ANSWERS.number,
    )
