"""The message catalogs: English text in, text of the language out.

`docs/messages.py` extracts the texts and compiles `locale/LANGUAGE/LC_MESSAGES/moue.mo`.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent.parent / "locale"
DOMAIN = "moue"
LANGUAGES = ("en", "zh")
"""Languages of all texts for people."""


class Catalog(gettext.GNUTranslations):
    """Catalog of one language.

    Attributes:
        messages: texts of the language by English text, without those that have a plural.
    """

    messages: Mapping[str, str]

    def _parse(self, fp: Any) -> None:
        super()._parse(fp)
        everything: dict[Any, str] = self._catalog  # type: ignore[attr-defined]
        self.messages = {k: v for k, v in everything.items() if isinstance(k, str) and k}


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language, such as `zh`; English if there is no catalog."""
    return gettext.translation(DOMAIN, LOCALE, [language], Catalog, fallback=True)


def messages(language: str) -> Mapping[str, str]:
    """Return the texts of a language by English text; empty for English."""
    found = translations(language)
    return found.messages if isinstance(found, Catalog) else {}
