"""A running `moue serve` for the tests of its answers, and pictures to send."""

from __future__ import annotations

import pytest

pytest.importorskip("httptools")
pytest.importorskip("prometheus_client")
pytest.importorskip("python_multipart")
pytest.importorskip("websockets")

from moue.demo.raw_folder import demo_pictures
from served_predictions import serving


@pytest.fixture(scope="session")
def server():
    with serving("--workers", "2") as running:
        yield running


@pytest.fixture(scope="session")
def pictures():
    """The paths of the demo pictures."""
    return [picture.path for picture in demo_pictures()]


@pytest.fixture(scope="session")
def face(pictures):
    """The bytes of a picture with a face."""
    return pictures[0].read_bytes()
