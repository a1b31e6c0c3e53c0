"""Check that each Chinese page was made from the English page as it is; `--stamp` notes so.

The last line of a Chinese page is `<!-- English: HASH -->`: the start of the SHA-256 of the English
page without its generated parts.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
GENERATED = re.compile(r"<!-- generated: [\w-]+ -->\n.*?\n<!-- end -->", re.DOTALL)
STAMP = re.compile(r"\n*<!-- English: (\w*) -->\n*\Z")


def pairs() -> list[tuple[Path, Path]]:
    """Return each Chinese page with its English page."""
    chinese = sorted((ROOT / "docs/zh").rglob("*.md"))
    found = [(page, ROOT / "docs" / page.relative_to(ROOT / "docs/zh")) for page in chinese]
    return [(ROOT / "README.zh-CN.md", ROOT / "README.md"), *found]


def digest(english: Path) -> str:
    """Return the hash that a translation of this page records."""
    text = GENERATED.sub("", english.read_text(encoding="utf-8"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def stale() -> list[str]:
    """Return the Chinese pages whose English page has changed since."""
    late = []
    for chinese, english in pairs():
        match = STAMP.search(chinese.read_text(encoding="utf-8"))
        if match is None or match[1] != digest(english):
            late.append(chinese.relative_to(ROOT).as_posix())
    return late


def stamp(names: list[str]) -> None:
    """Record the current English page in these Chinese pages, or in all where none is named."""
    for chinese, english in pairs():
        if names and chinese.relative_to(ROOT).as_posix() not in names:
            continue
        text = STAMP.sub("", chinese.read_text(encoding="utf-8")).rstrip("\n")
        chinese.write_text(f"{text}\n\n<!-- English: {digest(english)} -->\n", encoding="utf-8")


def main() -> int:
    """List stale pages, or stamp the pages named after `--stamp`."""
    if "--stamp" in sys.argv:
        stamp(sys.argv[sys.argv.index("--stamp") + 1 :])
    late = stale()
    for name in late:
        print(
            f"{name}: its English page has changed. Update the translation, then run "
            f"`python docs/translations.py --stamp {name}`",
            file=sys.stderr,
        )
    return int(bool(late))


if __name__ == "__main__":
    sys.exit(main())
