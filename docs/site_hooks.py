"""Hooks of the website build."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import course_site

LANGUAGE_LINKS = re.compile(r"^(\*\*English\*\*|\[English\]\([^)]*\)) · .*\n", re.MULTILINE)
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\ssrc=["']?((?:https?:)?//[^"'\s>]+)
    |<link\b(?![^>]*rel=["']?(?:canonical|alternate))[^>]*\shref=["']?((?:https?:)?//[^"'\s>]+)
    |(?:url\(|@import)\s*["']?((?:https?:)?//[^"'\s)]+)""",
    re.VERBOSE,
)
"""What a browser would load from another host: scripts, pictures, style sheets, fonts."""
DEMO = "try/app"
"""Folder of the page of "Try it" in the site."""


def on_config(config: Any, **_: Any) -> Any:
    """Add the course to the navigation, after the quick start."""
    if not any("Course" in entry for entry in config.nav):
        config.nav.insert(3, course_site.navigation())
    return config


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the pages of the course, which are not files below `docs`."""
    from mkdocs.structure.files import File

    for source in course_site.sources():
        if files.get_file_from_path(source) is None:
            directories = config.use_directory_urls
            files.append(File(source, config.docs_dir, config.site_dir, directories))
    return files


def on_page_read_source(page: Any, **_: Any) -> str | None:
    """Return the source of a page of the course; None for all other pages."""
    source = page.file.src_uri
    return course_site.front_matter(source) if source in course_site.sources() else None


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Replace the content and the table of contents of a page of the course."""
    if page.file.src_uri not in course_site.sources():
        return html
    from mkdocs.structure.toc import get_toc

    html, toc = course_site.content(page.file.src_uri)
    page.toc = get_toc(toc)
    return html


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Remove the line that links a page's other language: the website has a menu for that."""
    return LANGUAGE_LINKS.sub("", markdown, count=1)


def on_post_build(config: Any, **_: Any) -> None:
    """Write the page of "Try it"; stop the build when a page loads something from another host."""
    site = Path(config["site_dir"])
    course_site.write_files(site)
    # Each language is a build of its own, into one folder.
    if not (site / DEMO / "index.html").exists():
        write_demo(site / DEMO)
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        found = external_loads(path.read_text(encoding="utf-8"))
        if found:
            raise SystemExit(f"{path}: loads {', '.join(found)}")


def write_demo(folder: Path) -> None:
    """Write the page of `moue export --web` with the bundled model."""
    from moue.export.web_page import page_files, write_page
    from moue.predict.predictor import Predictor

    write_page(page_files(Predictor.load(), say=print), folder, overwrite=True)


def external_loads(text: str) -> list[str]:
    """Return the addresses outside the site that a page or style sheet loads."""
    return ["".join(match.groups(default="")) for match in LOADS.finditer(text)]
