"""Translate complete messages.

Messages are English inside the program: in exceptions, logs and JSON. The command line translates
each message where it prints it. A catalog has templates such as `{path}: no such file`; a message
matches a template if some values of the placeholders give exactly the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from moue.i18n import catalog, language

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DEPTH = 4
"""Maximum depth of messages that contain messages."""
_CLEAR = 9
"""Number of letters from which a template is recognised around values of several words."""
_RANGE = re.compile(r"((?:[\d.,+−-]+|\{n\})%?) to ((?:[\d.,+−-]+|\{n\})%?)")
_LIST = re.compile(r"(\w+(?:, \w+)*) (and|or) (\w+)")
_CONJUNCTIONS = {"and": " 和 ", "or": " 或 "}
"""Lists of names, such as `none, pout or open`."""
_PARTS = (("; ", "；"), (": ", "："))
"""Signs between the parts of a message that no template matches as a whole."""


@dataclass(frozen=True, slots=True)
class Template:
    """A message with placeholders.

    Attributes:
        fixed: longest text between two placeholders, in every message of the template.
        pattern: pattern of its messages, with a group for each placeholder.
        target: the template in the other language.
    """

    fixed: str
    pattern: re.Pattern[str]
    target: str


def translate(text: str, to: str | None = None) -> str:
    """Return a message in a language, or in English if the catalog does not have it.

    Args:
        text: English message with its values.
        to: language, such as `zh`; None for that of the running command.
    """
    to = to or language.current()
    return text if to == "en" or not text else _translated(text, to, _DEPTH)


@lru_cache(maxsize=1024)
def translations_of(text: str) -> Mapping[str, str]:
    """Return a message in the other languages, by language; without those that lack it.

    Args:
        text: English message with its values.
    """
    found = {to: translate(text, to) for to in catalog.LANGUAGES if to != "en"}
    return MappingProxyType({to: message for to, message in found.items() if message != text})


def word(text: str, to: str | None = None) -> str:
    """Return the name of a count or a column in a language; None for that of the command."""
    return catalog.messages(to or language.current()).get(text, text)


_SUMMARY = re.compile(r"(\w+ +)(?:(\S+) done|(nothing new))( +)(.*)")
_COUNT = re.compile(r"(\D+?) (\{n\}|[\d,.]+)")


def translate_output(text: str, to: str) -> str:
    """Return the output of a command in a language.

    Args:
        text: English lines; `{…}` and `{n}` may stand for values.
        to: language, such as `zh`.
    """
    return "\n".join(_translated_line(line, to) for line in text.split("\n"))


def _translated_line(line: str, to: str) -> str:
    summary = _SUMMARY.fullmatch(line)
    if summary is None:
        inner = line.strip()
        return line.replace(inner, translate(inner, to), 1) if inner else line
    stage, done, nothing, gap, counts = summary.groups()
    work = translate(nothing, to) if nothing else word("{n} done", to).replace("{n}", done)
    parts = []
    for part in counts.split(", "):
        match = _COUNT.fullmatch(part)
        parts.append(f"{word(match[1], to)} {match[2]}" if match else translate(part, to))
    return f"{stage}{work}{gap}{'，'.join(parts) if to == 'zh' else ', '.join(parts)}"


def _translated(text: str, to: str, depth: int) -> str:
    if text not in catalog.messages(to) and "; " in text and depth:
        # A value of a template may contain the sign, so complete parts are looked up first.
        found = [_whole(part, to, depth - 1) for part in text.split("; ")]
        if None not in found:
            return "；".join(filter(None, found))
    whole = _whole(text, to, depth)
    if whole is not None:
        return whole
    for sign, replacement in _PARTS if depth else ():
        parts = text.split(sign)
        if len(parts) > 1:
            first = _translated(parts[0], to, depth - 1)
            translated = [first, *(_following(p, sign, to, depth - 1) for p in parts[1:])]
            if translated != parts:
                return replacement.join(translated)
    return text


def _following(part: str, sign: str, to: str, depth: int) -> str:
    """Translate a part after a sign; some texts of the catalog begin with the sign."""
    known = catalog.messages(to).get(sign + part)
    return known.lstrip("；：") if known else _translated(part, to, depth)


def _whole(text: str, to: str, depth: int) -> str | None:
    """Return the translation of a message that one template matches; None if there is none."""
    known = catalog.messages(to)
    stripped = text.strip()
    if " " not in stripped:
        return text if stripped == text and text else None
    if stripped in known:
        return text.replace(stripped, known[stripped], 1)
    if text in known:
        return known[text]
    if not depth:
        return None
    for template in _templates(to):
        if template.fixed in text and (match := template.pattern.fullmatch(text)):
            return _filled(template.target, match.groupdict(), to, depth - 1)
    return None


def _filled(target: str, values: Mapping[str, str], to: str, depth: int) -> str:
    """Return a template with its values, which may be messages themselves."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return _value(values[name], to, depth) if name in values else match[0]

    return _PLACEHOLDER.sub(value, target)


def _value(text: str, to: str, depth: int) -> str:
    """Translate a value that is a message itself or a list; keep names, paths and numbers."""
    if match := _LIST.fullmatch(text):
        return "、".join(match[1].split(", ")) + _CONJUNCTIONS[match[2]] + match[3]
    if match := _RANGE.fullmatch(text):
        return f"{match[1]} 到 {match[2]}"
    return _translated(text, to, depth) if " " in text.strip() else text


@cache
def _templates(to: str) -> list[Template]:
    """Return the templates with placeholders, those with the most fixed text first."""
    return sorted(_compiled(catalog.messages(to)), key=lambda t: -len(t.pattern.pattern))


def _compiled(known: Mapping[str, str]) -> list[Template]:
    found = []
    for english, target in known.items():
        parts = _PLACEHOLDER.split(english)
        texts, names = parts[::2], parts[1::2]
        letters = sum(len(re.findall(r"[A-Za-z]", part)) for part in texts)
        if not names or not letters:
            continue
        # `{right} of {count}` would match half of all sentences.
        clear = letters >= _CLEAR or re.match(r"\w+: ", english)
        value = ".*?" if clear else r"\S*?"
        pattern, seen = re.escape(texts[0]), set()
        for name, following in zip(names, texts[1:], strict=True):
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{value})"
            pattern += re.escape(following)
            seen.add(name)
        found.append(Template(max(texts, key=len), re.compile(pattern, re.DOTALL), target))
    return found
