"""Find pictures by the paths in a CSV file, which may come from another computer."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from moue.files import absolute
from moue.workspace.catalog import Catalog
from moue.workspace.queries import SampleSource, sample_sources

_DRIVE = re.compile(r"[A-Za-z]:(?=/)")


@dataclass(frozen=True, slots=True)
class Match:
    """A sample that matches a path in a CSV file.

    Attributes:
        name: Name of the sample.
        source: Source of the sample.
        partly: Whether only the last parts of the path and of the source are equal.
    """

    name: str
    source: str
    partly: bool = False


class PictureIndex:
    r"""Index of the pictures of a catalog that finds pictures by path.

    A path that equals a source, as it is or relative to a given folder, matches that source.
    Otherwise the sources with the most equal parts from the end match. This comparison treats
    `\\` as `/` and ignores Unicode normal forms and case; exact case decides between several
    sources. If no file name is equal, the path may lack the file name extension. The equal parts
    must be the whole path or the whole source, or include a folder. For an absolute path, which
    then belongs to another computer, an equal file name is enough.
    """

    def __init__(self, catalog: Catalog, paths: Iterable[str], folder: Path) -> None:
        """Read the catalog once, and keep the pictures that some path may mean.

        Args:
            catalog: open catalog.
            paths: paths to find, and only these.
            folder: folder to which relative paths refer.
        """
        self._folder = folder
        self._by_source: dict[str, list[SampleSource]] = defaultdict(list)
        self._by_name: dict[str, list[SampleSource]] = defaultdict(list)
        self._by_stem: dict[str, list[SampleSource]] = defaultdict(list)
        wanted = {way for path in paths for way in (path, unquote(path))}
        exact = {one for path in wanted for one in self._exact(path)}
        names = {parts[-1].casefold() for path in wanted if (parts := _parts(path))}
        for sample in sample_sources(catalog):
            if sample.source in exact:
                self._by_source[sample.source].append(sample)
            if parts := _parts(sample.source):
                name = parts[-1].casefold()
                if name in names:
                    self._by_name[name].append(sample)
                stem, dot, _ = parts[-1].rpartition(".")
                if dot and stem and (key := stem.casefold()) in names:
                    self._by_stem[key].append(sample)

    def find(self, path: str) -> list[Match]:
        """Return all pictures that match a path equally well; an empty list if none matches.

        A path without a match is also tried after percent-decoding, as for a URL.
        """
        plain = unquote(path)
        return self._find(path) or (self._find(plain) if plain != path else [])

    def _exact(self, path: str) -> tuple[str, str]:
        return str(absolute(self._folder / path)), path

    def _find(self, path: str) -> list[Match]:
        for exact in self._exact(path):
            if exact in self._by_source:
                return [_match(self._by_source[exact], partly=False)]
        parts = _parts(path)
        if not parts:
            return []
        for keys in (self._by_name, self._by_stem):
            same_name = keys.get(parts[-1].casefold(), ())
            if matches := _longest_matches(same_name, parts, _is_absolute(path)):
                return matches
        return []


def _longest_matches(
    samples: Sequence[SampleSource], parts: Sequence[str], name_is_enough: bool
) -> list[Match]:
    """Return the samples that have the most path parts in common, counted from the end."""
    by_source: dict[str, list[SampleSource]] = defaultdict(list)
    lengths: dict[str, tuple[int, int]] = {}
    for sample in samples:
        own = _parts(sample.source)
        common = _common(own, parts)
        if common[0] in (len(parts), len(own)) or common[0] > 1 or name_is_enough:
            by_source[sample.source].append(sample)
            lengths[sample.source] = common
    best = max(lengths.values(), default=(0, 0))
    return [
        _match(by_source[source], partly=best[0] < len(parts))
        for source, common in lengths.items()
        if common == best
    ]


def _match(samples: Sequence[SampleSource], *, partly: bool) -> Match:
    sample = min(samples, key=lambda one: one.replaced)
    return Match(sample.name, sample.source, partly)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Return two numbers of equal path parts from the end: ignoring case, and with exact case."""
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
