"""A client that hurries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from moue.web.client import Client
from moue.web.settings import WebSettings


@pytest.fixture
def client() -> Iterator[Callable[..., Client]]:
    """Makes clients with other settings; they may ask this machine, and are closed."""
    with ExitStack() as stack:
        usual = {"allow_private": True, "rate": 0.0, "timeout": 10.0, "patience": 1.0}

        def make(**settings: object) -> Client:
            return stack.enter_context(Client(WebSettings(**(usual | settings))))  # type: ignore[arg-type]

        yield make
