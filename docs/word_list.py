"""Refuse phrases of the old private English in code, tests and docs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PHRASES = {
    "the lesson": "the tutorial",
    "told of": "reported",
    "made anew": "recreated",
    "what befalls": "a problem with",
    "mends": "fixes",
    "worth a look": "say what to check",
    "dearest": "slowest; largest",
    "took for": "detected as; predicted as",
    "what befell": "name the event",
    "what ships": "the bundled model",
    "by the alphabet": "alphabetically",
    "gone through": "processed",
    "the finder": "the detector",
    "lesson": "tutorial",
    "anew": "again; name the change",
    "goes on": "continues; resumes",
    "learnt": "was trained on",
    "taken for": "predicted as; detected as",
    "that ships": "bundled",
    "besides": "in addition to; apart from",
    "of nobody": "generated",
    "whoever": "name the subject",
}
"""Each phrase with what to write instead."""
FOLDERS = ("src", "tests", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
EXEMPT = ("glossary.md", "word_list.py", "test_site.py")
PATTERN = re.compile(
    "|".join(rf"\b{phrase}\b".replace(" ", r"\s+") for phrase in PHRASES), re.IGNORECASE
)


def main() -> int:
    """Print each place where a phrase stands."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    found = 0
    for name in names:
        path = ROOT / name
        if path.suffix not in (".py", ".md") or path.name in EXEMPT or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        for match in PATTERN.finditer(text):
            phrase = " ".join(match[0].lower().split())
            line = text.count("\n", 0, match.start()) + 1
            print(f"{name}:{line}: “{phrase}” → {PHRASES[phrase]}", file=sys.stderr)
            found += 1
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
