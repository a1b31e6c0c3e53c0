"""`moue studio` as a process, and requests to it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit


class Server:
    """A running `moue studio`."""

    def __init__(self, process, link):
        self.process, self.link = process, link
        self.port = urlsplit(link).port

    def request(self, method, path, headers=(), body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in dict(headers))
            for name, value in dict(headers).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def open(self):
        """Open the page by the link, and return the cookie."""
        status, headers, _body = self.request("GET", self.link.partition(str(self.port))[2])
        assert status == 200
        return headers["set-cookie"].partition(";")[0]

    def stop(self):
        """Press Ctrl-C; return the exit code and the output."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output


@contextmanager
def studio_of(folder, *flags, **environment):
    command = [sys.executable, "-m", "moue", "studio", "--no-browser", "--workspace", str(folder)]
    process = subprocess.Popen(
        [*command, *flags],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        link = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)
        assert link, line + process.stdout.read()
        yield Server(process, link[0])
    finally:
        process.kill()
        process.communicate()
