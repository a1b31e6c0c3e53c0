"""`moue serve` as a process, and requests to it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from websockets.sync.client import connect

LINES = {"Content-Type": "application/x-ndjson"}


class PredictionServer:
    """A running `moue serve`."""

    def __init__(self, process, port, log):
        self.process, self.port, self._log = process, port, log

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def connection(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=(), timeout=60):
        """Return the status, the headers in lower case and the body of an answer."""
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, data
        finally:
            connection.close()

    def predict(self, picture, query="", **headers):
        """Return the status and the JSON of a prediction."""
        headers = {"Content-Type": "image/jpeg"} | headers
        status, _headers, body = self.request("POST", f"/v1/predict{query}", picture, headers)
        return status, json.loads(body)

    def metric(self, name):
        """Return the sum of a metric over its labels."""
        text = self.request("GET", "/metrics")[2].decode()
        lines = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, lines))

    def workers(self):
        """Return the process ids of the worker processes."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_text()
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and "spawn_main" in words:
                found.append(int(entry.name))
        return found

    def events(self):
        """Return the lines of the log that are JSON."""
        self._log.seek(0)
        lines = self._log.read().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def log_text(self):
        self._log.seek(0)
        return self._log.read()

    def stop(self, number=signal.SIGTERM):
        """Stop the server by a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextmanager
def serving(*flags, ready=True, command=(sys.executable, "-m", "moue"), cwd=None, **environment):
    """Start `moue serve` on a free port of this machine, and wait until it is ready."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", "0", *flags],
            stdout=subprocess.PIPE, stderr=log, text=True, cwd=cwd,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        )  # fmt: skip
        try:
            line = process.stdout.readline()
            found = re.search(r"http://[\d.]+:(\d+)", line)
            log.seek(0)
            assert found, line + log.read()
            server = PredictionServer(process, int(found[1]), log)
            while ready and server.request("GET", "/readyz")[0] != 200:
                assert process.poll() is None
            yield server
        finally:
            process.kill()
            process.communicate()


def form(*files, boundary="b0"):
    """Return the body and the headers of a form with files."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="p"; filename="a"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for data in files
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def lines(*files):
    """Return the body of a request with one picture per line."""
    return b"\n".join(
        json.dumps({"image": base64.b64encode(data).decode()}).encode() for data in files
    )


def many(server, body, headers, query=""):
    status, found, data = server.request("POST", f"/v1/predict/many{query}", body, headers)
    if status != 200:
        return status, json.loads(data)["reason"]
    assert found["content-type"] == "application/x-ndjson"
    return status, [json.loads(line) for line in data.splitlines()]


def live(server, **options):
    options = {"origin": None, "open_timeout": 30} | options
    return connect(f"ws://127.0.0.1:{server.port}/v1/live", **options)


def ask(socket, data):
    socket.send(data)
    return json.loads(socket.recv(timeout=30))
