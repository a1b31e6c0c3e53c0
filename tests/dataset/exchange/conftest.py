from __future__ import annotations

import pytest

from labelled_workspace import fill, opened


@pytest.fixture
def source(tmp_path):
    """A workspace with labelled mouths."""
    with opened(tmp_path / "source") as context:
        fill(context)
        yield context


@pytest.fixture
def target(tmp_path):
    """An empty workspace."""
    with opened(tmp_path / "target") as context:
        yield context
