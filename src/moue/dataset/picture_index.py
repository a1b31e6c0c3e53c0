"""Finding the picture that a path from elsewhere names: from another folder, system or spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from moue.files import absolute
from moue.workspace.catalog import Catalog
from moue.workspace.queries import sample_sources

_DRIVE = re.compile(r"[A-Za-z]:(?=/)")


@dataclass(frozen=True, slots=True)
class Match:
    """A picture that a path names.

    Attributes:
        name: of the sample.
        partly: whether only the end of the path agrees with the end of the source.
    """

    name: str
    source: str
    partly: bool = False


@dataclass(frozen=True, slots=True)
class _Picture:
    name: str
    source: str
    replaced: bool
    parts: tuple[str, ...]


class PictureIndex:
    r"""Finds pictures by paths.

    A path that is a source, or leads to one from a folder, names it. Else `\\` counts as `/`,
    composed and decomposed letters as the same, and the source with the longest common end is
    taken, without regard to case where that leaves one. A path whose file is nowhere may lack
    the suffix. The common end must be the whole path or the whole source, or hold a folder; of an
    absolute path, which is of another computer, the file name is enough.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._by_source: dict[str, list[_Picture]] = defaultdict(list)
        self._by_name: dict[str, list[_Picture]] = defaultdict(list)
        self._by_stem: dict[str, list[_Picture]] = defaultdict(list)
        for sample in sample_sources(catalog):
            parts = _parts(sample.source)
            one = _Picture(sample.name, sample.source, sample.replaced, parts)
            self._by_source[sample.source].append(one)
            if parts:
                self._by_name[parts[-1].casefold()].append(one)
                stem, dot, _ = parts[-1].rpartition(".")
                if dot and stem:
                    self._by_stem[stem.casefold()].append(one)

    def find(self, path: str, folder: Path) -> list[Match]:
        """Return the pictures that a path names: one, none, or several that it may mean.

        A path that names nothing may be percent-encoded, as in a URL.

        Args:
            folder: from which a relative path counts first.
        """
        plain = unquote(path)
        return self._find(path, folder) or (self._find(plain, folder) if plain != path else [])

    def _find(self, path: str, folder: Path) -> list[Match]:
        for exact in (str(absolute(folder / path)), path):
            if exact in self._by_source:
                return [_match(self._by_source[exact], partly=False)]
        parts = _parts(path)
        if not parts:
            return []
        for keys in (self._by_name, self._by_stem):
            found = _longest(keys.get(parts[-1].casefold(), ()), parts, _is_absolute(path))
            if found:
                return found
        return []


def _longest(pictures: Sequence[_Picture], parts: Sequence[str], elsewhere: bool) -> list[Match]:
    """Return the pictures whose sources end most like `parts`; their last parts agree already."""
    by_source: dict[str, list[_Picture]] = defaultdict(list)
    likeness: dict[str, tuple[int, int]] = {}
    for one in pictures:
        common = _common(one.parts, parts)
        whole = common[0] in (len(parts), len(one.parts))
        if whole or common[0] > 1 or elsewhere:
            by_source[one.source].append(one)
            likeness[one.source] = common
    best = max(likeness.values(), default=(0, 0))
    return [
        _match(by_source[source], partly=best[0] < len(parts))
        for source, common in likeness.items()
        if common == best
    ]


def _match(pictures: Sequence[_Picture], *, partly: bool) -> Match:
    one = min(pictures, key=lambda picture: picture.replaced)
    return Match(one.name, one.source, partly)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How many parts agree, from the end: without regard to case, and with it."""
    folded = exact = 1
    same = one[-1] == other[-1]
    for a, b in zip(reversed(one[:-1]), reversed(other[:-1]), strict=False):
        if a.casefold() != b.casefold():
            break
        folded += 1
        same = same and a == b
        exact += same
    return folded, exact if one[-1] == other[-1] else 0


def _parts(path: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFC", path).replace("\\", "/")
    text = _DRIVE.sub("", text, count=1) if _DRIVE.match(text) else text
    parts: list[str] = []
    for part in text.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return tuple(parts)


def _is_absolute(path: str) -> bool:
    text = path.replace("\\", "/")
    return text.startswith("/") or _DRIVE.match(text) is not None
