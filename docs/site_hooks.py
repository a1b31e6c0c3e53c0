"""Hooks of the website build."""

from __future__ import annotations

import re
from typing import Any

LANGUAGE_LINKS = re.compile(r"^(\*\*English\*\*|\[English\]\([^)]*\)) · .*\n", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Remove the line that links a page's other language: the website has a menu for that."""
    return LANGUAGE_LINKS.sub("", markdown, count=1)
