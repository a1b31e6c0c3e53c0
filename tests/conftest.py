"""Workspaces that tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moue.catalog import Catalog
from moue.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    place = Workspace(tmp_path / "workspace")
    place.create("")
    return place


@pytest.fixture
def catalog(workspace: Workspace) -> Iterator[Catalog]:
    """Its catalog, open for writing."""
    with workspace.writing() as opened:
        yield opened
