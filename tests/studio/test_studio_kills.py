"""The server as a process: killed while it writes, and beside commands that use the workspace."""

from __future__ import annotations

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Self

import pytest

from commands import call
from moue.studio.server import RECORD
from moue.workspace.types import LABELS
from moue.workspace.workspace import Workspace
from studio_pictures import fill, labels

pytestmark = pytest.mark.slow

KILLS = 20


class Page:
    """A client of a running server."""

    def __init__(self, workspace: Workspace) -> None:
        record = json.loads((workspace.studio / RECORD).read_text())
        self.key = record["key"]
        self.connection = http.client.HTTPConnection("127.0.0.1", record["port"], timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, op_id: str, name: str, label: str) -> None:
        """Send a label without waiting for its answer."""
        body = {"op_id": op_id, "action": "label", "kind": "mouths", "names": [name],
                "value": label}  # fmt: skip
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        self.connection.request("POST", "/api/v1/decisions", json.dumps(body), headers)

    def label(self, op_id: str, name: str, label: str) -> str:
        """Label a mouth; return `written` or `queued`."""
        self.send(op_id, name, label)
        answer = self.connection.getresponse()
        data = json.loads(answer.read())
        assert answer.status == 200, data
        assert data["conflicts"] == []
        return str(data["state"])


@contextmanager
def serving(workspace: Workspace) -> Iterator[tuple[subprocess.Popen[str], Page]]:
    """Run `moue studio`; kill it at the end."""
    command = [sys.executable, "-m", "moue", "studio", "--no-browser", "-w", str(workspace.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "http://" in process.stdout.readline()
            with Page(workspace) as page:
                yield process, page
        finally:
            process.send_signal(signal.SIGKILL)


def test_a_killed_server_loses_no_acknowledged_label(workspace):
    """Half of the kills happen while a command holds the lock, so that labels are queued."""
    chance = random.Random(7)
    names = fill(workspace, 60)
    known: dict[str, str] = {}
    number = 0
    states = set()
    for kill in range(KILLS):
        busy = workspace.locked("clean") if kill % 2 else nullcontext()
        with serving(workspace) as (process, page), busy:
            for _ in range(chance.randint(1, 8)):
                number += 1
                name, label = chance.choice(names[:-1]), chance.choice(LABELS)
                states.add(page.label(f"op{number}", name, label))
                known[name] = label
            page.send(f"unread{kill}", names[-1], "open")
            process.send_signal(signal.SIGKILL)
            process.wait()
    with serving(workspace) as (_, page):
        while page.label(f"last{number}", names[-1], "smile") == "queued":
            number += 1
        assert labels(workspace) == known | {names[-1]: "smile"}
    assert states == {"written", "queued"}


def test_a_thousand_labels_of_two_pages_beside_commands(workspace):
    names = fill(workspace, 1000)
    failed: list[str] = []

    def work(which: int) -> None:
        try:
            with Page(workspace) as page:
                for name in names[which::2]:
                    page.label(f"{which}-{name}", name, LABELS[int(name[-4:]) % 4])
        except Exception as error:  # noqa: BLE001  the assert below shows it
            failed.append(repr(error))

    with serving(workspace) as (_, page):
        pages = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
        for one in pages:
            one.start()
        while any(one.is_alive() for one in pages):
            assert call("dedupe", "-w", workspace.root) == 0
        assert failed == []
        for attempt in range(1000):
            if page.label(f"last{attempt}", names[0], "open") == "written":
                break
        wanted = {name: LABELS[int(name[-4:]) % 4] for name in names}
        assert labels(workspace) == wanted | {names[0]: "open"}
