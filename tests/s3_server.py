"""An S3-compatible server of moto on this machine, which speaks HTTP, and its fixtures."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest


def environment(port: int) -> dict[str, str]:
    """Return the environment variables of a process that uses the server at a port."""
    return {
        "AWS_ACCESS_KEY_ID": "moue", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


class Server:
    """The server, and its requests as pairs of method and path with query.

    Args:
        at: listening socket, whose port other processes already know; None for a new one.
    """

    def __init__(self, at: socket.socket | None = None) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self.requests: list[tuple[str, str]] = []
        self.refused: Callable[[str, str], int | None] = lambda method, path: None
        listening = at or socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        self._server = make_server(
            "127.0.0.1", self.port, self._answer, threaded=True, fd=os.dup(listening.fileno())
        )
        if at is None:
            listening.close()
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        query = environ.get("QUERY_STRING", "")
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        self.requests.append((environ["REQUEST_METHOD"], path))
        status = self.refused(environ["REQUEST_METHOD"], path)
        if status is not None:
            code = {403: "AccessDenied", 500: "InternalError"}[status]
            start(f"{status} {code}", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>{code} here</Message></Error>".encode()]
        return self._app(environ, start)

    def client(self) -> Any:
        """A boto3 client, for what moue itself never does."""
        import boto3

        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="moue", aws_secret_access_key="secret",
        )  # fmt: skip

    @staticmethod
    def forget_connections() -> None:
        """Make fsspec read the environment again."""
        import fsspec

        fsspec.filesystem("s3").clear_instance_cache()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def s3(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, with its address and credentials in the environment."""
    for name, value in environment(s3_server.port).items():
        monkeypatch.setenv(name, value)
    s3_server.forget_connections()
    s3_server.requests.clear()
    s3_server.refused = lambda method, path: None
    yield s3_server
    s3_server.forget_connections()


@pytest.fixture
def bucket(s3: Server) -> str:
    """The name of a new bucket."""
    name = f"pictures-{uuid.uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=name)
    s3.requests.clear()
    return name


def objects(server: Server, bucket: str) -> dict[str, str]:
    """Return the SHA-256 of every object of a store by key, without the marker of the store."""
    client, found = server.client(), {}
    for one in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        data = client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        found[one["Key"].removeprefix("project/")] = hashlib.sha256(data).hexdigest()
    assert found.pop("moue-store.json")
    return found
