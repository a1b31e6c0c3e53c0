"""The result of a reproduced fault: sentences in both languages, numbers and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from moue.workspace.types import Image


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in both languages.

    Attributes:
        en, zh: text in English and in Chinese, with the same `{name}` placeholders.
        values: values of the placeholders, by name.
    """

    en: str
    zh: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return the sentence in a language, `en` or `zh`, with the values."""
        return (self.zh if language == "zh" else self.en).format(**self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of the tutorial that was reproduced.

    Attributes:
        name: name of the fault.
        title: the fault in a few words.
        told: sentences about what happened, in order.
        numbers: the numbers in the sentences and further ones, as plain data for JSON.
        picture: (H, W, 3) uint8 RGB picture that shows the fault; None if there is none.
    """

    name: str
    title: Sentence
    told: tuple[Sentence, ...]
    numbers: Mapping[str, Any]
    picture: Image | None = None

    def lines(self, language: Literal["en", "zh"] = "en") -> list[str]:
        """Return the title and the sentences in a language, one line each."""
        return [sentence.text(language) for sentence in (self.title, *self.told)]
