"""Requests generated from the OpenAPI document, valid and invalid, sent to a running studio.

Run `python -m tests.studio.generated_requests NUMBER` for a report of many requests to a studio of
a new workspace. The home folder of the studio is empty, so that no job reads another folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

ENDLESS = {"/api/v1/events"}
"""Paths that do not end their answer."""


def send(address: str, headers: dict[str, str], each: int) -> Counter[tuple[str, int]]:
    """Send about `each` valid and `each` invalid requests to each operation of the API.

    Returns:
        The number of answers, by operation and status.
    """
    session = requests.Session()
    session.headers.update(headers)
    document = session.get(f"{address}/api/v1/openapi.json", timeout=60)
    raw = document.json() if document.ok else _document()
    found: Counter[tuple[str, int]] = Counter()
    for result in schemathesis.openapi.from_dict(raw).get_all_operations():
        operation = result.ok()
        if operation.path in ENDLESS:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send(session, address, operation, mode, each, found)
    return found


def _send(session, address, operation, mode, each, found) -> None:
    @seed(7)
    @settings(
        max_examples=each, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case) -> None:
        try:
            answer = case.call(base_url=address, session=session, timeout=120)
        except (requests.exceptions.InvalidHeader, UnicodeError, ValueError):
            found[operation.label, 0] += 1  # a request that the client cannot send
            return
        found[operation.label, answer.status_code] += 1

    try:
        one()
    except schemathesis.errors.InvalidSchema:
        raise
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__:
            raise


def _document() -> dict[str, object]:
    from moue.studio.openapi import describe
    from moue.studio.routes import ENDPOINTS

    return describe(ENDPOINTS)


def report(found: Counter[tuple[str, int]]) -> str:
    """Return a table of the answers as text."""
    rows: dict[str, dict[int, int]] = {}
    for (label, status), count in found.items():
        rows.setdefault(label, {})[status] = count
    lines = [f"{label:<42} {json.dumps(dict(sorted(row.items())))}" for label, row in rows.items()]
    return "\n".join([*lines, f"requests: {found.total():,}"])


def main(number: int) -> int:
    """Send about `number` requests to a new studio, and print the answers; 1 after a failure."""
    from tests.studio.test_server import studio_of

    with tempfile.TemporaryDirectory() as folder, studio_of(Path(folder) / "w") as server:
        cookie = server.open()
        address = f"http://127.0.0.1:{server.port}"
        count = len(_document()["paths"])  # type: ignore[arg-type]
        found = send(address, {"Cookie": cookie}, max(1, number // (2 * count)))
        print(report(found))
        _code, output = server.stop()
        print(output)
    return int(any(status == 500 for _label, status in found))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
