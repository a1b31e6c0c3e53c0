"""An S3-compatible server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from s3_server import Server, bucket, s3

__all__ = ["bucket", "s3", "s3_server"]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    server = Server()
    yield server
    server.close()
