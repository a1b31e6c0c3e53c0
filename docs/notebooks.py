"""Write the notebooks in examples/ from their sources; `--check` fails when one is stale.

`examples/source/NAME.md` holds a notebook in both languages: parts that begin with the lines
`<!-- en -->`, `<!-- zh -->` and `<!-- code -->`. The English notebook is `examples/NAME.ipynb`, the
Chinese one `examples/zh/NAME.ipynb`; their code is the same. Outputs are not stored.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "examples/source"
PART = re.compile(r"^<!-- (en|zh|code) -->\n", re.MULTILINE)


def parts(text: str) -> list[tuple[str, str]]:
    """Return the kind (`en`, `zh` or `code`) and the text of each part of a source."""
    pieces = PART.split(text)
    if pieces[0].strip():
        raise ValueError("a source begins with <!-- en -->")
    return [(kind, body.strip("\n")) for kind, body in zip(pieces[1::2], pieces[2::2], strict=True)]


def notebook(source: Path, language: str) -> str:
    """Return the notebook of a source in a language as JSON."""
    cells: list[dict[str, Any]] = []
    for kind, body in parts(source.read_text(encoding="utf-8")):
        if kind not in (language, "code"):
            continue
        cell: dict[str, Any] = {
            "cell_type": "code" if kind == "code" else "markdown",
            "id": f"{source.stem[:2]}-{len(cells):02d}",
            "metadata": {},
            "source": body.splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    data = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def targets() -> dict[Path, str]:
    """Return the path and the content of every notebook."""
    found = {}
    for source in sorted(SOURCES.glob("*.md")):
        found[ROOT / f"examples/{source.stem}.ipynb"] = notebook(source, "en")
        found[ROOT / f"examples/zh/{source.stem}.ipynb"] = notebook(source, "zh")
    return found


def main() -> int:
    """Write all notebooks, or list those that are stale."""
    check, stale = "--check" in sys.argv, []
    wanted = targets()
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(text, encoding="utf-8")
    extra = set((ROOT / "examples").rglob("*.ipynb")) - wanted.keys()
    stale += [f"{path.relative_to(ROOT).as_posix()} (has no source)" for path in sorted(extra)]
    if check and stale:
        print(f"{', '.join(stale)}: stale; run `python docs/notebooks.py`", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
