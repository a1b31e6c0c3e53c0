"""Choose the language of a command: `--lang`, then MOUE_LANG, then the system."""

from __future__ import annotations

import gettext
import locale
import os
import sys
from collections.abc import Mapping, Sequence

from moue.i18n.catalog import DOMAIN, LANGUAGES, LOCALE

VARIABLE = "MOUE_LANG"
FLAG = "--lang"
_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")

_current = "en"


def current() -> str:
    """Return the language of the running command, `en` or `zh`."""
    return _current


def use(language: str) -> None:
    """Make a language that of the running command, also for the messages of Click."""
    global _current  # noqa: PLW0603  one command has one language
    _current = language
    # Click asks the default domain of gettext, which reads the language from this variable.
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)


def from_environment(environment: Mapping[str, str]) -> str:
    """Return the language that MOUE_LANG or the system names; `en` for all other languages.

    Args:
        environment: environment variables.
    """
    chosen = environment.get(VARIABLE, "")
    if chosen:
        return _known(chosen)
    for name in _SYSTEM:
        if environment.get(name):
            return _known(environment[name])
    return _known(locale.getlocale()[0] or "")


def split_flag(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the arguments without `--lang LANGUAGE`, and the language; None without the flag.

    The flag may stand anywhere before `--`. An unsupported language stays, and Click rejects it.
    """
    rest, language, index = list(arguments), None, 0
    while index < len(rest) and rest[index] != "--":
        word, equals, value = rest[index].partition("=")
        if word != FLAG:
            index += 1
            continue
        if not equals:
            value = rest[index + 1] if index + 1 < len(rest) else ""
        if value not in LANGUAGES:
            break
        language = value
        del rest[index : index + (1 if equals else 2)]
    return rest, language


def is_printable(language: str) -> bool:
    """Return whether stdout and stderr can show a language."""
    if language == "en":
        return True
    try:
        for stream in (sys.stdout, sys.stderr):
            "中文，。".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _known(name: str) -> str:
    """Return the language of a name such as `zh_CN.UTF-8` or `Chinese (Simplified)_China`."""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"
