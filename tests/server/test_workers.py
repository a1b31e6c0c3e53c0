"""Worker processes that end or cannot start: requests wait for them, but not for ever."""

from __future__ import annotations

import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from moue.model import bundled
from served_predictions import LINES, ask, lines, live, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="reads /proc"),
]


def kill_worker(server):
    """Kill a worker process of a server."""
    os.kill(server.workers()[0], signal.SIGKILL)


def test_requests_wait_while_the_only_worker_starts_again(face):
    with serving("--workers", "1", ready=False) as server:
        right = server.predict(face)  # waits for the first start
        assert right[0] == 200
        with ThreadPoolExecutor(4) as pool:
            for _ in range(2):
                work = [pool.submit(server.predict, face) for _ in range(8)]
                kill_worker(server)
                assert all(one.result() == right for one in work)
                assert server.predict(face) == right
        assert server.metric("moue_worker_restarts_total") == 2


@pytest.fixture
def model(tmp_path):
    """A copy of a model, which a test may remove."""
    return Path(shutil.copy(Path(bundled.__file__).with_name("mouth.onnx"), tmp_path))


def test_a_worker_that_cannot_start_is_an_answer_with_the_reason(model, face):
    kept = model.with_suffix(".kept")
    with serving("--workers", "1", "--model", str(model)) as server, live(server) as video:
        right = server.predict(face)
        assert ask(video, face)["error"] is None
        model.rename(kept)
        with ThreadPoolExecutor(8) as pool:
            work = [pool.submit(server.predict, face) for _ in range(16)]
            kill_worker(server)
            found = [one.result() for one in work]
        while server.request("GET", "/readyz")[0] == 200:
            pass
        for status, answer in [*found, server.predict(face)]:
            assert status in (200, 503)
            assert status == 200 or answer["reason"] == "not_ready"
        detail = server.predict(face)[1]["detail"]
        assert detail.startswith("the worker processes cannot start: ")
        assert model.name in detail
        status, headers, _body = server.request("POST", "/v1/predict/many", lines(face), LINES)
        assert (status, headers["retry-after"]) == (503, "10")
        assert server.request("GET", "/healthz")[0] == 200
        with pytest.raises(ConnectionClosed) as ended:
            ask(video, face)
        assert ended.value.rcvd.code == 1013
        failed = [one for one in server.events() if one["event"] == "worker_not_started"]
        assert model.name in failed[0]["reason"]
        kept.rename(model)
        while server.request("GET", "/readyz")[0] != 200:
            pass
        assert server.predict(face) == right


def test_a_request_does_not_wait_for_ever_for_a_worker_that_hangs(face):
    with serving("--workers", "1", "--timeout", "1") as server:
        right = server.predict(face)
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _n: server.predict(face), range(4)))
        assert {(status, answer.get("reason")) for status, answer in found} <= {
            (503, "timeout"), (200, None),
        }  # fmt: skip
        assert found[0][1]["reason"] == "timeout"
        while server.predict(face) != right:
            pass
        assert server.workers() != [worker]


def test_a_worker_that_ends_says_why_in_the_log(face):
    with serving("--workers", "1") as server:
        right = server.predict(face)
        with ThreadPoolExecutor(2) as pool:
            work = [pool.submit(server.predict, face) for _ in range(6)]
            kill_worker(server)
            assert all(one.result() == right for one in work)
        reasons = {one["reason"] for one in server.events() if one["event"] == "worker_died"}
        assert reasons <= {"the process ended with signal SIGKILL"}
        assert json.loads(server.request("GET", "/readyz")[2])["workers"] == 1
