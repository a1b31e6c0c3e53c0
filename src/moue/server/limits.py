"""The limits of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one client, and of all clients together.

    Attributes:
        max_bytes: maximum size of a picture file, in bytes.
        max_pixels: maximum of width x height of a picture.
        max_faces: maximum number of faces that are classified in a picture.
        timeout: maximum duration of one prediction in seconds, and maximum time that a picture
            waits for a worker process.
        body_timeout: maximum duration of the upload of a request, in seconds; also the time that a
            client may take to send the head of a request or to read a part of an answer.
        max_wait: maximum expected time that a picture waits for a worker process, in seconds; a
            tenth of it during a sustained overload.
        connections: maximum number of open connections.
        live: maximum number of live videos at the same time.
        batch: maximum number of pictures in one request.
        memory: maximum size of all uploads that the server holds at the same time, in bytes.
    """

    max_bytes: int = 30_000_000
    max_pixels: int = 50_000_000
    max_faces: int = 100
    timeout: float = 30.0
    body_timeout: float = 30.0
    max_wait: float = 2.0
    connections: int = 500
    live: int = 8
    batch: int = 64
    memory: int = 256_000_000
