"""A studio of an empty workspace, and a client that knows its key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("starlette")

from starlette.testclient import TestClient

from moue.studio.access import Access
from moue.studio.app import create_app
from moue.studio.studio import Studio
from moue.workspace.workspace import Workspace

ADDRESS = "http://127.0.0.1:8765"


@pytest.fixture
def studio(workspace: Workspace) -> Studio:
    """The studio of an empty workspace."""
    return Studio(workspace, Access(8765))


@pytest.fixture
def stranger(studio: Studio) -> Iterator[TestClient]:
    """A client without the key of the studio."""
    with TestClient(create_app(studio), ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient, studio: Studio) -> TestClient:
    """A client that knows the key, as the page does."""
    stranger.headers["authorization"] = f"Bearer {studio.access.key}"
    return stranger
