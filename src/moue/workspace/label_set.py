"""The labels of a workspace, and the recognition of labels in folder names and CSV values.

A text names a label if it equals the label except for case, Unicode form, spaces, `-` and `_`; if
it is an alias of the label in `ALIASES`; or if it is the number of the label, counted from 0. Other
texts name no label: moue reports them with a suggestion and never guesses.
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
"""Default label of each alias; an alias counts only if the workspace has the label."""

_SUGGESTED = {
    "open": ("张嘴", "张口", "张开"),
    "smile": ("微笑", "笑", "笑脸"),
    "pout": ("噘嘴", "嘟嘴", "撅嘴"),
    "none": ("无", "无表情", "中性", "闭嘴"),
}
UNSORTED, DROPPED, MAYBE = "unsorted", "dropped", "maybe-"
"""Names of label folders that are not labels; `MAYBE` is the prefix of pre-sorted folders."""

_RESERVED = {UNSORTED, DROPPED, "no label", "unsure"}
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]')
_MOST, _LONGEST = 1000, 60
_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class LabelSet:
    """The valid labels of one workspace.

    Attributes:
        names: labels in the order of the model outputs.
    """

    names: tuple[str, ...] = LABELS

    @classmethod
    def of(cls, names: Iterable[object], where: str) -> LabelSet:
        """Check names, normalize them to Unicode form NFC, and return them as a label set.

        Args:
            names: labels in the order of the model outputs.
            where: source of the names for messages, such as `moue.toml`.

        Raises:
            ConfigError: there are fewer than 2 or more than 1000 names, two names are equal except
                for case or Unicode form, or a name is not a valid folder name on every system.
        """
        made = [_checked(name, where) for name in names]
        if not 2 <= len(made) <= _MOST:
            raise ConfigError(f"{where}: `labels` has {len(made)} names; list 2 to {_MOST} names")
        seen: dict[str, str] = {}
        for name in made:
            other = seen.setdefault(folded(name), name)
            if other is not name:
                raise ConfigError(
                    f"{where}: labels {other!r} and {name!r} differ only in case or Unicode form; "
                    f"rename one of them"
                )
        return cls(tuple(made))

    def find(self, text: str) -> str | None:
        """Return the label that a folder name or CSV value names; None for other texts."""
        return self.named(text) or self.numbered(text)

    def named(self, text: str) -> str | None:
        """Return the label that a text names by its name or an alias; None for other texts."""
        return self._by_word.get(folded(text))

    def numbered(self, text: str) -> str | None:
        """Return the label whose number is the text, such as `2`; None for other texts.

        Return None also if the name of any label is a number, because the text is then ambiguous.
        """
        text = text.strip()
        if not is_number(text) or any(map(is_number, self.names)):
            return None
        return self.names[int(text)] if int(text) < len(self.names) else None

    def suggest(self, text: str) -> str | None:
        """Return the label that is most similar to a text; None if no label is similar."""
        for label, words in _SUGGESTED.items():
            if text.strip() in words and label in self.names:
                return label
        near = difflib.get_close_matches(folded(text), self._by_word, n=1, cutoff=0.75)
        return self._by_word[near[0]] if near else None

    @property
    def words(self) -> str:
        """The labels as text for messages: `none, pout, smile, open, or 0 to 3`."""
        if any(map(is_number, self.names)):
            return ", ".join(self.names)
        return f"{', '.join(self.names)}, or 0 to {len(self.names) - 1}"

    @cached_property
    def _by_word(self) -> dict[str, str]:
        aliases = {folded(word): label for word, label in ALIASES.items() if label in self.names}
        return aliases | {folded(name): name for name in self.names}


DEFAULT = LabelSet()
"""The four default labels."""


def missing(labels: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that `present` does not contain, in the order of `labels`."""
    known = set(present)
    return tuple(label for label in labels if label not in known)


def one_of(names: Sequence[str], word: str = "or") -> str:
    """Join names for a sentence: `a`, `a or b`, `a, b or c`; `word` is the conjunction."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def untested_words(split: str, absent: Sequence[str], present: Iterable[str]) -> list[str]:
    """Return a warning about labels that a test or validation set lacks, as a list of sentences.

    Args:
        split: `test` or `val`.
        absent: labels without a picture in the split.
        present: labels of the pictures in the split; repetitions are allowed.

    Returns:
        A list of one sentence; an empty list if `absent` or `present` is empty.
    """
    found = set(present)
    if not absent or not found:
        return []
    labels, label = one_of(absent, "and"), found.pop() if len(found) == 1 else None
    # Whole sentences, since a catalog translates sentences.
    if split == "test":
        told = f"the test accuracy does not cover {labels}"
        if label is None:
            return [f"no test picture is labelled {one_of(absent)}: {told}"]
        return [f"all test pictures are labelled {label}: {told}"]
    told = f"the validation accuracy does not cover {labels}"
    if label is None:
        return [f"no validation picture is labelled {one_of(absent)}: {told}"]
    return [f"all validation pictures are labelled {label}: {told}"]


def folded(text: str) -> str:
    """Normalize a label for comparison: fold case and Unicode form; remove spaces, `-` and `_`."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def is_number(text: str) -> bool:
    """Return whether a text is a non-negative integer without leading zeros."""
    return re.fullmatch(r"0|[1-9][0-9]{0,8}", text) is not None


def _checked(name: object, where: str) -> str:
    if not isinstance(name, str):
        raise ConfigError(f"{where}: labels: {name!r} is not a string; write it in quotes")
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
        raise ConfigError(f"{where}: labels: {name!r} is a name that moue reserves; choose another")
    return name
