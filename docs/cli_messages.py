"""The catalog of the command line and the course: extract, update, check and compile.

`python_texts.py` finds the texts. `cli_messages_hidden.txt` lists those that no person sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import python_texts
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moue.evaluation.corruptions import CORRUPTIONS
from moue.evaluation.report.page import SECTIONS
from moue.workspace.drop_reasons import DROP_REASONS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/moue"
FOLDER = PACKAGE / "locale/zh/LC_MESSAGES"
PO, MO, STUDIO = FOLDER / "moue.po", FOLDER / "moue.mo", FOLDER / "studio.po"
HIDDEN = Path(__file__).with_name("cli_messages_hidden.txt")
ELSEWHERE = ("studio", "locale", "i18n", "http_api", "server")
"""Packages whose texts are in the catalog of the studio, or have none, except for errors."""
TRANSLATED = (
    "learn/faults/",
    "learn/parse",
    "learn/tutorial_",
    "learn/source_code",
    "learn/pictures/",
)
"""Files that have their texts in both languages, or only messages for authors."""
CLICK: tuple[str | tuple[str, str], ...] = (
    "Aborted!", "Missing command.", "Options", "Commands", "default: {default}", "Usage:",
    "Show the version and exit.", "Show this message and exit.", "Missing argument",
    "Missing option", "Missing parameter", "Invalid value for {param_hint}: {message}",
    "Invalid value: {message}", "Error: {message}", "Try '{command} {option}' for help.",
    "No such option {name!r}.", "No such command {name!r}.", "Choose from:\n\t{choices}",
    "Option {name!r} does not take a value.", "{value} is not in the range {range}.",
    "{value!r} is not a valid {number_type}.", "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a file.", "{name} {filename!r} is a directory.",
    "{name} {filename!r} is not readable.", "Error: invalid input",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)  # fmt: skip
"""Messages of Click that a user of moue can meet."""
SYSTEM = (
    "No such file or directory", "Is a directory", "Not a directory", "File exists",
    "Permission denied", "Operation not permitted", "Read-only file system", "Directory not empty",
    "No space left on device", "Disk quota exceeded", "File too large", "Input/output error",
    "File name too long", "Too many open files", "Too many levels of symbolic links",
    "Address already in use", "Cannot assign requested address", "Connection refused",
)  # fmt: skip
"""Messages of Linux that a user of moue can meet."""
WORDS = (
    "done", "new", "all", "kept", "converted", "dropped", "pictures", "mouths", "labelled",
    "unlabelled", "groups", "faces", "epochs", "accuracy", "cropped", "duplicates", "failed",
    "known", "removed", "restored", "usage", "train", "val", "test", "samples", "damaged",
    "stages", "name", "value", "count", "label", "reason", "source", "licences", "mirrored", "near",
)  # fmt: skip
"""Names of counts and columns, which the command line prints beside numbers."""
REPORT = (
    "collected", "readable", "usable face", "unique", "mouths", "labelled", "Loss", "Accuracy",
    "mouth, px", "face, % of picture", "colours", "colour", "grey", "source", "unknown",
    "{low} to <{high}",
)  # fmt: skip
"""Names of stages, charts and attributes in the report."""


def texts() -> Iterator[str | tuple[str, str]]:
    """Yield the texts; a text with a plural is a pair."""
    hidden = set(HIDDEN.read_text(encoding="utf-8").splitlines())
    studio = {m.id for m in _read(STUDIO) if isinstance(m.id, str)}
    yield from CLICK
    yield from SYSTEM
    yield from (word for word in WORDS if word not in studio)
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in ELSEWHERE:
            yield from (text for text in python_texts.raised(path) if text not in studio)
            continue
        place = path.relative_to(PACKAGE).as_posix()
        for text in () if place.startswith(TRANSLATED) else python_texts.texts(path):
            if text not in studio and line_of(text) not in hidden:
                yield text
        for text in python_texts.marked(path):
            if text not in studio:
                yield text
    yield from report_words()
    yield from (english for english, _ in fault_sentences())
    for path in sorted([*PACKAGE.rglob("templates/*.html"), *PACKAGE.rglob("templates/*.svg")]):
        found = extract_from_file("jinja2.ext:babel_extract", path)
        yield from (message for _, message, *_ in found if message)


def fault_sentences() -> Iterator[tuple[str, str]]:
    """Yield the sentences of the faults, which have their Chinese beside them in the code."""
    for path in sorted((PACKAGE / "learn/faults").glob("*.py")):
        yield from python_texts.sentences(path)


def report_words() -> Iterator[str]:
    """Yield the names in the data of a report, which the templates of the report translate."""
    yield from SECTIONS.values()
    for one in CORRUPTIONS:
        yield from (one.name, one.unit)
    yield from (reason.replace("_", " ") for reason in DROP_REASONS)
    yield from REPORT


def line_of(text: str) -> str:
    """Return a text as one line of `cli_messages_hidden.txt`."""
    return re.sub(r"\s+", " ", text).strip()


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def template() -> Catalog:
    """Return a catalog of all texts without translations."""
    catalog = Catalog(project="moue", header_comment="# Texts of the command line.", fuzzy=False)
    for text in texts():
        catalog.add(text)
    return catalog


def updated() -> Catalog:
    """Return the Chinese catalog with the texts of the code."""
    chinese = _read(PO)
    chinese.update(template(), no_fuzzy_matching=True, update_header_comment=False)
    chinese.obsolete.clear()
    for english, translation in fault_sentences():
        chinese[english].string = translation
    return chinese


def compiled(chinese: Catalog) -> bytes:
    """Return the `.mo` file with the texts of the command line and of the studio."""
    fixed = datetime(2026, 1, 1, tzinfo=UTC)
    both = Catalog(locale="zh", fuzzy=False, creation_date=fixed, revision_date=fixed)
    for catalog in (_read(STUDIO), chinese):
        for message in catalog:
            if message.id and message.string:
                both.add(message.id, message.string)
    buffer = BytesIO()
    write_mo(buffer, both)
    return buffer.getvalue()


def po(catalog: Catalog) -> bytes:
    """Return a catalog as the text of a .po file."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=100, sort_output=True, no_location=True, ignore_obsolete=True)
    return buffer.getvalue()
