"""Requests that schemathesis generates from the OpenAPI document, to a running studio."""

from __future__ import annotations

import os
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

pytest.importorskip("schemathesis")
pytest.importorskip("uvicorn")

from generated_requests import ENDLESS, fill, send
from moue.studio.openapi import document
from served_studio import studio_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="sends signals"),
]
EACH = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    with studio_of(fill(folder / "w"), HOME=str(folder)) as server:
        server.workspace = folder / "w"
        yield server


def contents(folder):
    """The files of a workspace, without those of SQLite that reading changes too."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("catalog.db-", "server.db"))
    }


def documented():
    """The statuses of each operation."""
    return {
        f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
        for path, item in document()["paths"].items() for method, operation in item.items()
        if path not in ENDLESS
    }  # fmt: skip


def test_a_stranger_gets_nothing_and_changes_nothing(server):
    with pytest.raises(HTTPError, match="401"):  # the answer comes when all services run
        urlopen(f"http://127.0.0.1:{server.port}/api/v1/state")
    before = contents(server.workspace)
    found = send(f"http://127.0.0.1:{server.port}", "", EACH)
    assert {status for _label, status in found} <= {0, 401, 404, 405}
    assert not [key for key in found if key[1] == 404 and "{" not in key[0]]
    assert contents(server.workspace) == before


def test_every_answer_has_a_documented_status_and_none_is_500(server):
    found = send(f"http://127.0.0.1:{server.port}", server.open(), EACH)
    known = documented()
    assert {label for label, _status in found} == set(known)
    wrong = [(label, status) for label, status in found if status not in known[label] | {0, 404}]
    assert not [pair for pair in wrong if pair[1] != 405]
    code, output = server.stop()
    assert code == 0
    assert "unexpected error" not in output
