"""The labels of a workspace: their names, and which text means which of them.

A folder name or a CSV value means a label where it differs from its name only in case, Unicode
form, spaces, `-` or `_`; where it is one of the few `ALIASES`; or where it is the label's
number, counted from 0. Anything else means nothing: it is named with a suggestion, never guessed.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from moue.errors import ConfigError
from moue.workspace.types import LABELS

ALIASES: dict[str, str] = {
    "neutral": "none",
    "pouting": "pout",
    "smiling": "smile",
    "open mouth": "open",
}
"""Other words that mean one of the four default labels, where a workspace has that label."""

_SUGGESTED = {
    "open": ("张嘴", "张口", "张开"),
    "smile": ("微笑", "笑", "笑脸"),
    "pout": ("噘嘴", "嘟嘴", "撅嘴"),
    "none": ("无", "无表情", "中性", "闭嘴"),
}
UNSORTED, DROPPED, MAYBE = "unsorted", "dropped", "maybe-"
"""Folders of `moue label --to-folders` that are no labels; `MAYBE` begins the names of some."""

_RESERVED = {UNSORTED, DROPPED, "no label", "unsure"}
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]')
_MOST, _LONGEST = 1000, 60
_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class LabelSet:
    """The labels that mouths of one workspace may have, in the order of the model's outputs."""

    names: tuple[str, ...] = LABELS

    @classmethod
    def of(cls, names: Iterable[object], where: str) -> LabelSet:
        """Return the set of these names, each in Unicode form NFC.

        Args:
            where: named in messages, such as `moue.toml`.

        Raises:
            ConfigError: fewer than two, two alike, or one that cannot name a folder everywhere.
        """
        made = [_checked(name, where) for name in names]
        if not 2 <= len(made) <= _MOST:
            raise ConfigError(f"{where}: `labels` has {len(made)} names; it needs 2 to {_MOST}")
        seen: dict[str, str] = {}
        for name in made:
            other = seen.setdefault(folded(name), name)
            if other is not name:
                raise ConfigError(
                    f"{where}: labels {other!r} and {name!r} differ only in case or form; change "
                    f"one"
                )
        return cls(tuple(made))

    def find(self, text: str) -> str | None:
        """Return the label that a folder name or CSV value means, None when it means none."""
        return self.named(text) or self.numbered(text)

    def named(self, text: str) -> str | None:
        """Return the label that a text names in words, None when it names none."""
        return self._by_word.get(folded(text))

    def numbered(self, text: str) -> str | None:
        """Return the label whose number a text is, such as `2`; None when it is none.

        Where a label's own name is a number, numbers mean names only.
        """
        text = text.strip()
        if not is_number(text) or any(map(is_number, self.names)):
            return None
        return self.names[int(text)] if int(text) < len(self.names) else None

    def suggest(self, text: str) -> str | None:
        """Return the label that a text might be meant to name, though it does not."""
        for label, words in _SUGGESTED.items():
            if text.strip() in words and label in self.names:
                return label
        near = difflib.get_close_matches(folded(text), self._by_word, n=1, cutoff=0.75)
        return self._by_word[near[0]] if near else None

    @property
    def words(self) -> str:
        """The labels for people: `none, pout, smile, open, or 0 to 3`."""
        if any(map(is_number, self.names)):
            return ", ".join(self.names)
        return f"{', '.join(self.names)}, or 0 to {len(self.names) - 1}"

    @cached_property
    def _by_word(self) -> dict[str, str]:
        aliases = {folded(word): label for word, label in ALIASES.items() if label in self.names}
        return aliases | {folded(name): name for name in self.names}


DEFAULT = LabelSet()
"""The four labels of a workspace that does not say otherwise."""


def missing(labels: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that are not among those present, in their order."""
    known = set(present)
    return tuple(label for label in labels if label not in known)


def one_of(names: Sequence[str], word: str = "or") -> str:
    """Return names as in a sentence: `a`, `a or b`, `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def untested_words(split: str, absent: Sequence[str], present: Iterable[str]) -> list[str]:
    """Return a sentence on the labels that a test or validation set lacks; none where it has all.

    Args:
        split: `test` or `val`.
        absent: the labels without a picture in it.
        present: the label of every picture in it, or each once.
    """
    found = set(present)
    if not absent or not found:
        return []
    what = "test" if split == "test" else "validation"
    told = f"the {what} accuracy says nothing about {one_of(absent, 'and')}"
    if len(found) == 1:
        return [f"all {what} pictures are labelled {found.pop()}: {told}"]
    return [f"no {what} picture is labelled {one_of(absent)}: {told}"]


def folded(text: str) -> str:
    """Return a text without what does not tell labels apart: case, width, spaces, `-`, `_`."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def is_number(text: str) -> bool:
    """Whether a text is a whole number as `str` writes it; so `01` is none."""
    return re.fullmatch(r"0|[1-9][0-9]{0,8}", text) is not None


def _checked(name: object, where: str) -> str:
    if not isinstance(name, str):
        raise ConfigError(f"{where}: labels: {name!r} is not a string; put it in quotes")
    name = unicodedata.normalize("NFC", name)
    bad = (
        not folded(name)
        or name != name.strip()
        or name.startswith(".")
        or name.endswith(".")
        or len(name.encode("utf-8", "replace")) > 2 * _LONGEST
        or len(name) > _LONGEST
        or _NOT_IN_NAMES.search(name)
        or _DEVICES.fullmatch(name)
        or any("\ud800" <= c <= "\udfff" for c in name)
    )
    if bad:
        raise ConfigError(
            f"{where}: labels: {name!r} is not a valid folder name on every system; choose another"
        )
    if folded(name) in map(folded, _RESERVED) or folded(name).startswith(folded(MAYBE)):
        raise ConfigError(f"{where}: labels: {name!r} is a reserved word of moue; choose another")
    return name
