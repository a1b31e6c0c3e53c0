"""Test the parser of each search engine with one query: live, recorded or replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import getproxies

from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.http.exchange import Exchange
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.recordings.anonymize import Anonymizer, secrets_of
from moue.dataset.collect.recordings.recording import (
    EngineRecording,
    check_new,
    load_recording,
    save_recording,
)
from moue.dataset.collect.recordings.replay import ReplayClient
from moue.errors import DataError, EngineError

__all__ = ["QUERY", "WORKS", "Replayed", "Result", "ask_engines", "replay"]

QUERY = "portrait"
"""Query that is sent to every engine; each of them has results for it."""
WORKS = "works"
"""Outcome of an engine whose results can be read; the others are those of `EngineError`."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one engine.

    Attributes:
        engine: Engine.
        outcome: `WORKS`, or the outcome of the `EngineError`.
        text: Outcome as a sentence.
        found: Number of results on the first page.
    """

    engine: Engine
    outcome: str
    text: str
    found: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome of one engine in a recording, and with the present parser.

    Attributes:
        now: Outcome with the present parser.
        before: Recorded outcome.
        date: Time of the recording in UTC.
    """

    now: Result
    before: str
    date: str


def ask_engines(
    settings: WebSettings, base_urls: Mapping[str, str], folder: Path | None = None
) -> list[Result]:
    """Send `QUERY` to every search engine, in parallel.

    Args:
        settings: Settings of the HTTP clients.
        base_urls: Base URLs that replace those of the engines, by engine name.
        folder: New folder in which the responses are saved; None to save nothing.

    Returns:
        One result for each engine, in the order of `ENGINES`.

    Raises:
        FileTaken: The folder exists and is not empty.
    """

    def ask(engine: Engine) -> tuple[Result, list[Exchange]]:
        exchanges: list[Exchange] = []
        record = None if folder is None else exchanges.append
        with HttpClient(settings, record) as client:
            return _ask(engine, client, QUERY, base_urls.get(engine.name)), exchanges

    if folder is not None:
        check_new(folder)
    with ThreadPoolExecutor(len(ENGINES)) as pool:
        asked = list(pool.map(ask, ENGINES.values()))
    if folder is not None:
        secrets = secrets_of(settings.contact, getproxies().values())
        recordings = (
            _recorded(result, base_urls.get(result.engine.name), exchanges, secrets)
            for result, exchanges in asked
        )
        save_recording(folder, QUERY, recordings)
    return [result for result, _ in asked]


def replay(folder: Path, settings: WebSettings) -> list[Replayed]:
    """Parse the saved responses of a folder with the present parsers, without the network.

    Args:
        folder: Folder that `ask_engines` wrote.
        settings: Settings of the HTTP client, such as whether to obey robots.txt.

    Raises:
        DataError: The folder has no recording, or the recording is damaged.
    """
    recording = load_recording(folder)
    at_once = replace(settings, rate=0.0)
    found = []
    for one in recording.engines:
        if one.name not in ENGINES:
            raise DataError(
                f"{folder}: the engine {one.name!r} is unknown; known: {', '.join(ENGINES)}"
            )
        with ReplayClient(one.exchanges, at_once) as client:
            now = _ask(ENGINES[one.name], client, recording.query, one.base_url)
        found.append(Replayed(now, one.outcome, recording.date))
    return found


def _ask(engine: Engine, client: HttpClient, query: str, base_url: str | None) -> Result:
    try:
        found = engine.first_page(client, query, base_url)
    except EngineError as error:
        return Result(engine, error.outcome, str(error), 0)
    text = f"the query {query!r} returned {len(found)} results, such as {found[0].url}"
    return Result(engine, WORKS, text, len(found))


def _recorded(
    result: Result, base_url: str | None, exchanges: list[Exchange], secrets: list[str]
) -> EngineRecording:
    anonymizer = Anonymizer(exchanges, secrets)
    clean: Callable[[str], str] = anonymizer.text
    return EngineRecording(
        result.engine.name,
        clean(base_url or result.engine.base_url),
        result.outcome,
        clean(result.text),
        tuple(anonymizer.exchange(one) for one in exchanges),
    )
