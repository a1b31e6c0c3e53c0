"""The fenced code blocks of Markdown pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ENGLISH = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if "zh" not in p.parts),
]
BLOCK = re.compile(r"(<!-- not run -->\n)?```(\w+)\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block; `run` is false after the comment `<!-- not run -->`."""

    language: str
    code: str
    run: bool


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [Block(m[2], m[3], m[1] is None) for m in BLOCK.finditer(text)]


def name(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()
