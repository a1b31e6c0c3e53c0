"""Texts in the language of the reader: English text in, text of the language out.

The catalogs are `locale/LANGUAGE/LC_MESSAGES/moue.mo`; `docs/messages.py` extracts the texts and
compiles the catalogs.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "moue"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language, such as `zh`; English if there is no catalog."""
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
