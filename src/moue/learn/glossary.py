"""The glossary of the course, and its terms in a text.

`glossary.json` is generated from the pages of the documentation by `docs/generate.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moue.learn.blocks import Language

_COMMON = frozenset({
    "attribute", "baseline", "decision", "event", "frame", "group", "label", "link", "mouth",
    "original", "output", "recall", "recipe", "run", "sample", "slice", "snapshot", "split",
    "step", "student", "subject", "teacher", "temperature", "the tutorial", "教师模型", "标签",
    "样本", "决定", "划分", "分组", "关联", "切片", "步", "批", "轮", "帧", "事件", "输出", "属性",
    "温度", "快照", "基线", "教程",
})  # fmt: skip
"""Terms that are also common words: they are linked by hand only, with `[text](term:word)`."""


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the glossary.

    Attributes:
        words: the terms of the entry, such as accuracy, recall and F1.
        meaning: explanation without markup.
        anchor: identifier of the entry, the same in all languages.
        english: the terms in English, for other languages.
        section: title of the part of the glossary.
    """

    words: tuple[str, ...]
    meaning: str
    anchor: str
    english: tuple[str, ...]
    section: str


class Glossary:
    """The terms in one language."""

    def __init__(self, terms: list[Term], language: Language) -> None:
        self.terms = terms
        self._by_word = {word.lower(): term for term in terms for word in term.words}
        self._english = {word.lower(): term for term in terms for word in term.english}
        words = sorted((w for w in self._by_word if w not in _COMMON), key=len, reverse=True)
        choice = "|".join(map(re.escape, words))
        plain = rf"(?<![\w-])({choice})s?(?![\w-])" if language == "en" else f"({choice})"
        self._pattern = re.compile(plain, re.IGNORECASE)

    def find(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Yield the start, the end and the entry of each term in a text, from left to right."""
        for match in self._pattern.finditer(text):
            yield match.start(), match.end(), self._by_word[match[1].lower()]

    def anchor(self, word: str) -> str:
        """Return the identifier of the entry of a term, in its language or in English.

        Raises:
            ValueError: the glossary does not have the term.
        """
        term = self._by_word.get(word.lower()) or self._english.get(word.lower())
        if term is None:
            raise ValueError(f"the glossary has no term {word!r}")
        return term.anchor


@cache
def glossary(language: Language) -> Glossary:
    """Return the glossary in a language."""
    text = Path(__file__).with_name("glossary.json").read_text(encoding="utf-8")
    terms = [
        Term(tuple(e["words"]), e["meaning"], e["anchor"], tuple(e["english"]), e["section"])
        for e in json.loads(text)[language]
    ]
    return Glossary(terms, language)
