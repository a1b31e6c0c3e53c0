"""A client that hurries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings


@pytest.fixture
def client() -> Iterator[Callable[..., HttpClient]]:
    """Makes clients with other settings; they may ask this machine, and are closed."""
    with ExitStack() as stack:
        usual = {"allow_private": True, "rate": 0.0, "timeout": 10.0, "max_backoff": 1.0}

        def make(**settings: object) -> HttpClient:
            return stack.enter_context(HttpClient(WebSettings(**(usual | settings))))  # type: ignore[arg-type]

        yield make
