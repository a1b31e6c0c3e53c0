"""Hooks of the website build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LANGUAGE_LINKS = re.compile(r"^(\*\*English\*\*|\[English\]\([^)]*\)) · .*\n", re.MULTILINE)
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\ssrc=["']?((?:https?:)?//[^"'\s>]+)
    |<link\b(?![^>]*rel=["']?(?:canonical|alternate))[^>]*\shref=["']?((?:https?:)?//[^"'\s>]+)
    |(?:url\(|@import)\s*["']?((?:https?:)?//[^"'\s)]+)""",
    re.VERBOSE,
)
"""What a browser would load from another host: scripts, pictures, style sheets, fonts."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Remove the line that links a page's other language: the website has a menu for that."""
    return LANGUAGE_LINKS.sub("", markdown, count=1)


def on_post_build(config: Any, **_: Any) -> None:
    """Stop the build when a page or style sheet loads something from another host."""
    site = Path(config["site_dir"])
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        found = external_loads(path.read_text(encoding="utf-8"))
        if found:
            raise SystemExit(f"{path}: loads {', '.join(found)}")


def external_loads(text: str) -> list[str]:
    """Return the addresses outside the site that a page or style sheet loads."""
    return ["".join(match.groups(default="")) for match in LOADS.finditer(text)]
