"""Extract the glossary of the course from the glossary pages, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
TARGET = DOCS.parent / "src/moue/learn/glossary.json"


def content() -> str:
    """Return the text of `glossary.json`."""
    english = _rows(DOCS / "glossary.md")
    chinese = _rows(DOCS / "zh/glossary.md")
    found: dict[str, list[dict[str, Any]]] = {"en": [], "zh": []}
    for section, (term, meaning, *_) in english:
        words = _words(term, ", ")
        entry = {"words": words, "english": words, "anchor": _anchor(words[0])}
        found["en"].append({**entry, "meaning": _plain(meaning), "section": section})
    anchors = {word: entry["anchor"] for entry in found["en"] for word in entry["words"]}
    for section, (term, original, meaning) in chinese:
        words = _words(original, ", ")
        entry = {"words": _words(term, "、"), "english": words, "anchor": anchors[words[0]]}
        found["zh"].append({**entry, "meaning": _plain(meaning), "section": section})
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _rows(page: Path) -> list[tuple[str, list[str]]]:
    """Return the cells of each row of the tables, with the title of its section."""
    rows, section = [], ""
    for line in page.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            section = line[3:].strip()
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        is_head = cells[0] in ("term", "中文") or set(cells[0]) <= {"-"}
        if line.startswith("|") and not is_head:
            rows.append((section, cells[:3]))
    return rows


def _words(cell: str, separator: str) -> list[str]:
    return [_plain(word) for word in cell.split(separator)]


def _plain(text: str) -> str:
    return text.replace("`", "").strip()


def _anchor(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
