"""Requests generated from the OpenAPI document, valid and invalid, sent to a running studio.

`PYTHONPATH=tests python -m generated_requests 10000` prints a report of many requests to a
studio of six pictures. Its home folder is that of the test, so no job reads another folder.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from moue.cli import main as moue
from moue.demo.raw_folder import demo_pictures
from moue.studio.openapi import document
from served_studio import studio_of

ENDLESS = {"/api/v1/events"}
"""Paths that do not end their answer."""


def send(address: str, cookie: str, each: int) -> Counter[tuple[str, int]]:
    """Send about `each` valid and `each` invalid requests to each operation of the API.

    An operation on a name gets as many requests with the name of a mouth or picture.

    Args:
        address: address of the studio.
        cookie: cookie of an opened page; empty for a stranger.
        each: number of requests.

    Returns:
        The number of answers, by operation and status; status 0 for requests that the client
        cannot send.
    """
    session = requests.Session()
    session.headers.update({"Cookie": cookie} if cookie else {})
    names = _names(session, address)
    found: Counter[tuple[str, int]] = Counter()
    for result in schemathesis.openapi.from_dict(document()).get_all_operations():
        operation = result.ok()
        if operation.path in ENDLESS:
            continue
        strategies = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        if "{name}" in operation.path:
            strategies += [operation.as_strategy(path_parameters={"name": one}) for one in names]
        for strategy in strategies:
            _send(session, address, operation.label, strategy, each, found)
    return found


def _names(session: requests.Session, address: str) -> list[str]:
    """Return the name of a mouth and of a picture; an empty list for a stranger."""
    answers = [session.get(f"{address}/api/v1/{kind}?limit=1") for kind in ("mouths", "pictures")]
    return [one["name"] for answer in answers if answer.ok for one in answer.json()["items"]]


def _send(session, address, label, strategy, each, found) -> None:
    @seed(7)
    @settings(
        max_examples=each, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def one(case) -> None:
        try:
            status = case.call(base_url=address, session=session, timeout=120).status_code
        except (requests.exceptions.InvalidHeader, UnicodeError, ValueError):
            status = 0
        found[label, status] += 1

    with suppress(Unsatisfiable):  # an operation without parameters has no invalid requests
        one()


def report(found: Counter[tuple[str, int]]) -> str:
    """Return a table of the answers as text."""
    rows: dict[str, dict[int, int]] = {}
    for (label, status), count in found.items():
        rows.setdefault(label, {})[status] = count
    lines = [f"{label:<42} {json.dumps(dict(sorted(row.items())))}" for label, row in rows.items()]
    return "\n".join([*lines, f"requests: {found.total():,}"])


def fill(workspace: Path) -> Path:
    """Collect and crop a few demo pictures, and return the workspace."""
    raw = workspace.with_name("raw")
    raw.mkdir()
    for picture in list(demo_pictures())[:6]:
        shutil.copy(picture.path, raw)
    for words in (["collect", str(raw)], ["convert"], ["clean"], ["crop"]):
        assert moue([*words, "--workspace", str(workspace)]) == 0
    return workspace


def main(number: int) -> int:
    """Send about `number` requests to a new studio, and print the answers; 1 after a failure."""
    with (
        tempfile.TemporaryDirectory() as folder,
        studio_of(fill(Path(folder) / "w"), HOME=folder) as server,
    ):
        cookie = server.open()
        address = f"http://127.0.0.1:{server.port}"
        count = sum(len(item) for item in document()["paths"].values())
        found = send(address, cookie, max(1, number // (2 * count)))
        print(report(found))
        _code, output = server.stop()
        print(output)
    return int(any(status == 500 for _label, status in found))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
