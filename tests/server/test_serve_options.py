"""The options of `moue serve`: model, keys, hosts, origins, log; and how the server stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed

from served_predictions import ask, live, serving

pytestmark = pytest.mark.slow

KEY = "a-key-of-24-characters-x"
OTHERS = "--device cpu --min-score 0.01 --min-neighbors 3 --scale-factor 1.2 --dlib-model no.dat"


def refused(*flags, **environment):
    """Return the message of a server that does not start."""
    found = subprocess.run(
        [sys.executable, "-m", "moue", "serve", "--port", "0", *flags],
        capture_output=True, text=True, timeout=120, env=os.environ | environment,
    )  # fmt: skip
    assert found.returncode != 0
    assert "Traceback" not in found.stderr
    return found.stderr


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys.txt"
    keys.write_text(f"# of the app\n{KEY}\nanother-key-of-the-server\n")
    flags = f"--workers 1 --model free --licence free --backend mediapipe --keys {keys}"
    allowed = "--allow-origin https://app.example --min-face 50"
    with serving(*flags.split(), *allowed.split(), *OTHERS.split()) as running:
        yield running


def test_a_request_without_a_key_is_refused(guarded, face):
    status, headers, body = guarded.request("POST", "/v1/predict", face)
    assert (status, json.loads(body)["reason"]) == (401, "key")
    assert headers["www-authenticate"] == "Bearer"
    for wrong in ("Bearer wrong", f"Basic {KEY}", "Bearer \xff", f"Bearer {KEY}x"):
        assert guarded.predict(face, Authorization=wrong)[0] == 401
    assert guarded.predict(face, Authorization=f"Bearer {KEY}")[0] == 200
    assert guarded.request("GET", "/healthz")[0] == guarded.request("GET", "/readyz")[0] == 200
    assert guarded.request("GET", "/metrics")[0] == 401


def test_the_model_and_the_face_settings_are_those_of_the_flags(guarded, face):
    _status, answer = guarded.predict(face, Authorization=f"Bearer {KEY}")
    assert answer["model"]["name"] == "free"
    assert answer["model"]["commercial_use"] is True
    assert answer["min_face"] == 50
    assert answer["faces"][0]["backend"] == "mediapipe"


def test_a_licence_refuses_a_model_and_a_backend():
    assert "--licence free" in refused("--model", "mouth", "--licence", "free")
    assert "yunet" in refused("--backend", "yunet", "--licence", "free")


def test_an_allowed_web_page_gets_cors_headers_and_others_are_refused(guarded, face):
    key = {"Authorization": f"Bearer {KEY}", "Content-Type": "image/jpeg"}
    origin = "https://app.example"
    status, headers, _ = guarded.request("POST", "/v1/predict", face, key | {"Origin": origin})
    assert (status, headers["access-control-allow-origin"]) == (200, origin)
    wanted = {
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }  # fmt: skip
    assert guarded.request("OPTIONS", "/v1/predict", None, wanted)[0] == 200
    foreign = {"Origin": "https://evil.example"}
    status, headers, body = guarded.request("POST", "/v1/predict", face, key | foreign)
    assert (status, json.loads(body)["reason"]) == (403, "origin")
    assert "access-control-allow-origin" not in headers


def test_a_live_video_needs_the_key_in_the_header_or_the_first_message(guarded, face):
    with live(guarded, additional_headers={"Authorization": f"Bearer {KEY}"}) as socket:
        assert ask(socket, face)["error"] is None
    with live(guarded) as socket:
        socket.send(json.dumps({"key": KEY}))
        assert ask(socket, face)["error"] is None
    for first in (face, json.dumps({"key": "wrong"})):
        with live(guarded) as socket:
            socket.send(first)
            with pytest.raises(ConnectionClosed) as ended:
                socket.recv(timeout=30)
        assert ended.value.rcvd.code == 1008


def test_a_foreign_host_is_refused_unless_it_is_allowed_or_keys_protect_the_server(face):
    foreign = {"Host": "evil.example", "Content-Type": "image/jpeg"}
    with serving("--workers", "1", "--allow-host", "moue.example", "--quiet") as server:
        status, _headers, body = server.request("POST", "/v1/predict", face, foreign)
        assert (status, json.loads(body)["reason"]) == (403, "host")
        assert server.predict(face, Host="moue.example:80")[0] == 200
        assert server.request("GET", "/healthz", None, {"Host": "10.0.0.7"})[0] == 200
        assert [one["event"] for one in server.events()] == ["start"]


def test_a_server_for_other_machines_needs_keys(tmp_path):
    assert "needs API keys" in refused("--host", "0.0.0.0")
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n")
    assert "contains no API key" in refused("--keys", str(empty))
    assert "at least 16" in refused(MOUE_KEYS="short")
    missing = refused("--keys", str(tmp_path / "missing.txt"))
    assert "missing.txt: cannot be read: No such file or directory" in missing
    with serving("--workers", "1", "--host", "0.0.0.0", ready=False, MOUE_KEYS=KEY) as server:
        assert server.request("GET", "/healthz")[0] == 200


def test_a_port_in_use_is_one_sentence(server):
    message = refused("--port", str(server.port))
    assert f"127.0.0.1, port {server.port} cannot be used" in message
    assert "--port" in message


def test_the_log_has_one_object_per_request_without_names_queries_and_pictures(server, face):
    server.predict(face, "?min_face=77", **{"X-File-Name": "alice.jpg"})
    server.request("GET", "/healthz")  # the log of a request is complete before the next one
    last = [one for one in server.events() if one.get("route") == "/v1/predict"][-1]
    assert last["event"] == "request"
    assert (last["status"], last["faces"], last["bytes"]) == (200, 1, len(face))
    assert set(last) == {
        "time", "level", "event", "id", "method", "route", "ms", "status", "bytes", "faces",
    }  # fmt: skip
    assert not [word for word in ("alice", "min_face", "127.0.0.1:5") if word in str(last)]
    server.request("GET", "/secret/alice.jpg")
    assert "alice" not in server.log_text()


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_work_are_answered_before_the_server_stops(face, number):
    with serving("--workers", "1") as server, ThreadPoolExecutor(12) as pool:
        work = [pool.submit(server.predict, face) for _ in range(12)]
        while server.metric("moue_requests_total") < 2:
            pass
        assert server.stop(number) == 0
        statuses = [one.result()[0] for one in work if one.exception() is None]
        assert set(statuses) == {200}
        assert server.events()[-1]["event"] == "stop"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")  # noqa: PTH112
def test_a_killed_worker_is_replaced_while_others_answer(face):
    with serving("--workers", "2") as server, ThreadPoolExecutor(4) as pool:
        right = server.predict(face)[1]
        while server.metric("moue_workers_ready") < 2:
            pass
        children = server.workers()
        work = [pool.submit(server.predict, face) for _ in range(40)]
        os.kill(children[0], signal.SIGKILL)
        assert {one.result()[0] for one in work} == {200}
        assert all(one.result()[1] == right for one in work)
        while server.metric("moue_workers_ready") < 2:
            pass
        assert server.metric("moue_worker_restarts_total") == 1
        assert len(server.workers()) == 2
