"""A folder with the responses of search engines: `engines.json`, and a file for each body."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import moue
from moue.dataset.collect.http.exchange import Exchange
from moue.errors import DataError, FileTaken
from moue.files import damaged, make_folder, read_json, write_bytes, write_json, write_text

__all__ = ["INDEX", "EngineRecording", "Recording", "check_new", "load_recording", "save_recording"]

INDEX = "engines.json"
FORMAT = 1
_SUFFIXES = {"text/html": ".html", "application/json": ".json", "text/plain": ".txt"}
_README = """Responses of search engines, recorded by `moue doctor --engines --save`.

engines.json lists the outcome of each engine and its requests. The other files are the bodies of
the responses. moue recorded no request headers, no cookies and no keys, and replaced IP addresses
and the contact address. An engine may still name the city that it derives from the IP address, so
read the files before you attach the folder to a bug report.

Replay the folder with: moue doctor --replay FOLDER
"""


@dataclass(frozen=True, slots=True)
class EngineRecording:
    """The recorded responses of one engine.

    Attributes:
        name: Name of the engine.
        base_url: Base URL of the requests.
        outcome: Outcome, such as `works` or `layout changed`.
        text: Outcome as a sentence.
        exchanges: Requests and responses in their order.
    """

    name: str
    base_url: str
    outcome: str
    text: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded responses of all engines.

    Attributes:
        query: Query that was sent to the engines.
        date: Time of the recording in UTC, such as `2026-11-27T09:40:00Z`.
        version: Version of moue.
        engines: Recorded responses by engine.
    """

    query: str
    date: str
    version: str
    engines: tuple[EngineRecording, ...]


def check_new(folder: Path) -> None:
    """Check that a folder does not exist or is empty.

    Raises:
        FileTaken: The folder exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileTaken(f"{folder} already exists; choose a new folder for --save")


def save_recording(folder: Path, query: str, engines: Iterable[EngineRecording]) -> None:
    """Write the responses of engines to a new folder.

    Args:
        folder: Path of the folder.
        query: Query that was sent to the engines.
        engines: Recorded responses by engine.

    Raises:
        FileTaken: The folder exists and is not empty.
    """
    check_new(folder)
    make_folder(folder)
    listed = [_write_engine(folder, engine) for engine in engines]
    write_text(folder / "README.txt", _README)
    index = {
        "format": FORMAT,
        "moue": moue.__version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "query": query,
        "engines": listed,
    }
    write_json(folder / INDEX, index)  # last, so that an interrupted recording is not replayed


def load_recording(folder: Path) -> Recording:
    """Read a folder that `save_recording` wrote.

    Raises:
        DataError: The folder has no recording, or the recording is damaged.
    """
    path = folder / INDEX
    if not path.is_file():
        raise DataError(
            f"{folder} contains no {INDEX}; name a folder that `moue doctor --engines --save` wrote"
        )
    plain = read_json(path)
    try:
        if plain["format"] != FORMAT:
            raise DataError(f"{path}: format {plain['format']!r} is unknown; update moue")
        engines = tuple(_read_engine(folder, engine) for engine in plain["engines"])
        return Recording(str(plain["query"]), str(plain["date"]), str(plain["moue"]), engines)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise damaged(path, error) from error


def _write_engine(folder: Path, engine: EngineRecording) -> dict[str, Any]:
    exchanges = []
    for number, one in enumerate(engine.exchanges, 1):
        plain: dict[str, Any] = {"url": one.url}
        if one.failure:
            plain |= {"status": one.status, "failure": one.failure, "detail": one.detail}
        else:
            name = f"{engine.name}-{number}{_suffix(one)}" if one.body else None
            if name is not None:
                write_bytes(folder / name, one.body)
            headers = [list(pair) for pair in one.headers]
            plain |= {"status": one.status, "phrase": one.phrase, "headers": headers, "body": name}
        exchanges.append(plain)
    return {
        "name": engine.name,
        "base_url": engine.base_url,
        "outcome": engine.outcome,
        "text": engine.text,
        "exchanges": exchanges,
    }


def _suffix(exchange: Exchange) -> str:
    kind = (exchange.header("content-type") or "").partition(";")[0].strip().lower()
    return _SUFFIXES.get(kind) or mimetypes.guess_extension(kind) or ".bin"


def _read_engine(folder: Path, plain: dict[str, Any]) -> EngineRecording:
    exchanges = tuple(_read_exchange(folder, one) for one in plain["exchanges"])
    name, base_url = str(plain["name"]), str(plain["base_url"])
    return EngineRecording(name, base_url, str(plain["outcome"]), str(plain["text"]), exchanges)


def _read_exchange(folder: Path, plain: dict[str, Any]) -> Exchange:
    if plain.get("failure"):
        status = None if plain.get("status") is None else int(plain["status"])
        return Exchange(
            str(plain["url"]), status, failure=str(plain["failure"]), detail=str(plain["detail"])
        )
    headers = tuple((str(key), str(value)) for key, value in plain["headers"])
    body = b"" if plain["body"] is None else _read_body(folder, str(plain["body"]))
    return Exchange(str(plain["url"]), int(plain["status"]), str(plain["phrase"]), headers, body)


def _read_body(folder: Path, name: str) -> bytes:
    if Path(name).name != name:  # a recording comes from another person
        raise ValueError(f"the body {name!r} is not in the folder")
    return (folder / name).read_bytes()
