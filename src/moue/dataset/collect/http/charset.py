"""Which encodings of text are read: those of the web, and none that needs more than linear time.

Python knows more by name, such as punycode, whose decoder takes quadratic time.
"""

from __future__ import annotations

import codecs

_READ = frozenset(
    codecs.lookup(name).name
    for name in (
        "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "gb2312", "gbk",
        "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr",
        "cp949", "cp950", "johab", "koi8-r", "koi8-u", "cp866", "cp874", "tis-620", "mac-roman",
        "mac-cyrillic", *(f"cp125{i}" for i in range(9)),
        *(f"iso8859-{i}" for i in range(1, 17) if i != 12),
    )
)  # fmt: skip


def codec(charset: str) -> str:
    """Return the name of the codec for a stated encoding; UTF-8 for one that is not known."""
    try:
        name = codecs.lookup(charset[:40]).name
    except (LookupError, ValueError):
        return "utf-8"
    return name if name in _READ else "utf-8"
