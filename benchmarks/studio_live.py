"""The WebSocket of the live camera of `moue studio`, without a browser.

A client sends JPEG frames of 640 x 480 with a moving face, one at a time, as the page does. The
round trip is the time from sending a frame to its parsed answer.
"""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from http.cookiejar import CookieJar

from benchmarks.inputs import Bench
from benchmarks.sequences import people, sequence
from benchmarks.studio_camera import running_studio
from benchmarks.table import Row
from moue.media.image import encode_jpeg

FPS, DELAY = 25, 60
"""The goals: frames per second, and the median round trip in milliseconds."""
WARM_UP = 20


def run(bench: Bench) -> list[Row]:
    """Send frames as fast as the answers come."""
    from websockets.sync.client import connect
    from websockets.typing import Origin

    person = next(iter(people().values()))
    count = bench.few(600, 150)
    frames = [encode_jpeg(frame.image, 80) for frame in sequence(person, 0, 75)]
    with running_studio(bench.folder / "studio") as link:
        cookies = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        opener.open(link).read()  # the link sets the cookie
        cookie = "; ".join(f"{one.name}={one.value}" for one in cookies)
        root = link.partition("/?")[0]
        address = root.replace("http://", "ws://") + "/api/v1/live"
        trips, server, faces = list[float](), list[float](), 0
        with connect(address, origin=Origin(root), additional_headers={"Cookie": cookie}) as socket:
            for number in range(WARM_UP + count):
                start = time.perf_counter()
                socket.send(frames[number % len(frames)])
                answer = json.loads(socket.recv())
                if number >= WARM_UP:
                    trips.append(1000 * (time.perf_counter() - start))
                    server.append(answer["ms"])
                    faces += bool(answer["faces"])
    fps, delay = 1000 * len(trips) / sum(trips), statistics.median(trips)
    p95 = statistics.quantiles(trips, n=20)[-1]
    note = (
        f"{count} frames of {len(frames[0]) // 1024} KB, a face in {faces}; 95 % within "
        f"{p95:.0f} ms; {statistics.median(server):.1f} ms of the median in the model"
    )
    return [
        Row(step="studio live socket, frames per second", moue=f"{fps:.1f}", goal=f"{FPS}",
            reached=fps >= FPS, note=note),
        Row(step="studio live socket, median round trip", moue=f"{delay:.1f} ms",
            goal=f"{DELAY} ms", reached=delay <= DELAY),
    ]  # fmt: skip
