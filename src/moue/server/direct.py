"""Answer `POST /v1/predict` in the callbacks of its connection, without the web framework.

The framework takes a tenth of the time of a small picture. A request is plain if it is allowed and
valid, has a content length, and comes from a program instead of a web page. Every other request
goes through the framework, which also describes errors. While the server is overloaded, this module
refuses requests as soon as their head has arrived, so that a refusal costs very little.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from moue.http_api.body import check_type, decode_query
from moue.http_api.errors import ApiError
from moue.server import refusals
from moue.server.messages import Answer, PredictPicture
from moue.server.pool_worker import Item
from moue.server.problem import MEDIA
from moue.server.recorder import Recorder, new_identifier
from moue.server.refusals import Busy
from moue.server.routes import PICTURES
from moue.server.schema import PredictQuery
from moue.server.service import RETRY_AFTER, Service

PREDICT, MANY = "/v1/predict", "/v1/predict/many"
_PATHS = {PREDICT.encode(): PREDICT, MANY.encode(): MANY}
_DISCARDED = 1 << 20
"""Size of the body of a refused request, in bytes, above which its connection is closed."""
_FIXED = b"x-content-type-options: nosniff\r\ncache-control: no-store\r\n"
_set = asyncio.Event()


class Direct:
    """Decides which requests are answered here."""

    def __init__(self, service: Service, recorder: Recorder) -> None:
        self.service, self.recorder = service, recorder
        self._host = b""

    def begin(self, protocol: HttpToolsProtocol) -> DirectRequest | None:
        """Return the request whose head has arrived; None if the framework must answer it."""
        path, _, query = protocol.url.partition(b"?")
        route = _PATHS.get(path)
        if route is None or protocol.parser.get_method() != b"POST":
            return None
        if protocol.parser.should_upgrade() or protocol.flow.write_paused:
            return None
        found = _Head(protocol.headers)
        if found.origin or not self._allowed(found.host, protocol.headers, route):
            return None
        try:
            self.service.check_busy()
        except Busy as error:
            return DirectRequest(self, protocol, route, found.length, wait=error.retry_after)
        limit = self.service.limits.max_bytes
        if route != PREDICT or found.expect or found.length is None or found.length > limit:
            return None
        options = _decode(query, found.kind)
        if options is None or self.service.pool.failure:
            return None
        return DirectRequest(self, protocol, route, found.length, options)

    def _allowed(self, host: bytes, headers: list[tuple[bytes, bytes]], path: str) -> bool:
        """Return whether a client may use the server; remember the last host without a key."""
        access = self.service.access
        if host and host == self._host and not access.keys:
            return True
        try:
            access.check(Headers(raw=headers), path)
        except ApiError:
            return False
        self._host = host
        return True


class _Head:
    """The headers of a request that matter here.

    Attributes:
        host: header `Host`; empty if there is not exactly one.
        origin: True if a web page sent the request.
        expect: True if the client waits before it sends the body.
        kind: content type of the body.
        length: size of the body, in bytes; None if it is not given.
    """

    __slots__ = ("expect", "host", "kind", "length", "origin")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        hosts, self.origin, self.expect, self.kind = [], False, False, b""
        self.length: int | None = None
        for name, value in headers:
            if name == b"content-length":
                self.length = int(value)  # the parser has checked it
            elif name == b"content-type":
                self.kind = self.kind or value
            elif name == b"host":
                hosts.append(value)
            elif name == b"origin":
                self.origin = True
            elif name == b"expect":
                self.expect = True
        self.host = hosts[0] if len(hosts) == 1 else b""


class DirectRequest(RequestResponseCycle):
    """A request that is answered without a task."""

    def __init__(
        self,
        direct: Direct,
        protocol: HttpToolsProtocol,
        route: str,
        length: int | None,
        options: PredictQuery = PredictQuery(),  # noqa: B008  frozen
        wait: int = 0,
    ) -> None:
        """Create the request.

        Args:
            direct: state that all direct requests share.
            protocol: connection of the request.
            route: path of the request.
            length: size of the body, in bytes; None if it is not known.
            options: options of the prediction.
            wait: seconds after which the client may try again; 0 if the request is not refused.
        """
        version = protocol.parser.get_http_version()
        super().__init__(
            scope=protocol.scope, transport=protocol.transport, flow=protocol.flow,
            logger=protocol.logger, access_logger=protocol.access_logger, access_log=False,
            default_headers=protocol.server_state.default_headers, message_event=_set,
            expect_100_continue=False,
            keep_alive=version != "1.0" and protocol.parser.should_keep_alive(),
            on_response=protocol.on_response_complete,
        )  # fmt: skip
        self._service, self._recorder = direct.service, direct.recorder
        self._route, self._length, self._options, self._wait = route, length, options, wait
        self._start = time.perf_counter()
        self._parts: list[bytes] = []
        self._held = 0
        self._item: Item | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Refuse the request if the server is overloaded."""
        if self._wait:
            self._refuse(self._wait)

    def feed(self, data: bytes) -> None:
        """Take a part of the body."""
        if self.response_complete:
            return
        self._parts.append(data)
        self._held += len(data)
        if not self._service.hold(len(data)):
            self._respond(refusals.full_memory())

    def complete(self) -> None:
        """Predict the picture, whose body has arrived."""
        self.more_body = False
        if self.response_complete:
            if not self.keep_alive:
                self.transport.close()
            return
        self._stop_timer()
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        message = PredictPicture(data, self._options.max_error, self._options.min_face)
        try:
            self._item = self._service.pool.submit(message, self._respond)
        except Busy as error:
            self._refuse(error.retry_after)

    def wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Limit the time of the upload."""
        if self._timer is None:
            self._timer = loop.call_later(self._service.limits.body_timeout, self._too_slow)

    def leave(self) -> None:
        """Discard the request, whose client has disconnected."""
        if not self.response_complete:
            self.response_complete = True
            if self._item is not None:
                self._service.pool.cancel(self._item)
            self._end("client_gone", None, 0, new_identifier())

    def _refuse(self, seconds: int) -> None:
        """Answer that the server is overloaded; keep the connection unless its body is large."""
        self._release()
        if self.more_body and (self._length is None or self._length > _DISCARDED):
            self.keep_alive = False
        self._recorder.refused(self._route)
        self._write(_busy(seconds, self.keep_alive))

    def _too_slow(self) -> None:
        self.keep_alive = False
        self._respond(refusals.slow_upload(self._service.limits.body_timeout))

    def _respond(self, answer: Answer) -> None:
        if self.response_complete:
            return
        identifier = new_identifier()
        retry = b"retry-after: %d\r\n" % RETRY_AFTER if answer.status == 503 else b""
        self._service.metrics.faces.inc(answer.faces)
        self._write(
            b"%sx-request-id: %s\r\n%s%s"
            % (
                STATUS_LINE[answer.status], identifier.encode(), retry,
                _tail("application/json" if answer.status == 200 else MEDIA, answer.body,
                      self.keep_alive),
            )
        )  # fmt: skip
        self._end(answer.reason, answer.status, answer.faces, identifier)

    def _write(self, answer: bytes) -> None:
        self.response_started = self.response_complete = True
        if self.transport.is_closing():
            return
        line, _, rest = answer.partition(b"\r\n")
        date = b"".join(b"\r\n%s: %s" % header for header in self.default_headers)
        self.transport.write(b"%s%s\r\n%s" % (line, date, rest))
        if not self.keep_alive and not self.more_body:
            self.transport.close()
        self.on_response()

    def _end(self, reason: str, status: int | None, faces: int, identifier: str) -> None:
        self._release()
        facts = {"status": status, "bytes": self._length, "reason": reason}
        if status is not None:
            facts["faces"] = faces
        seconds = time.perf_counter() - self._start
        self._recorder.request("POST", self._route, seconds, identifier, facts)

    def _release(self) -> None:
        self._stop_timer()
        self._service.release(self._held)
        self._held = 0
        self._parts.clear()
        self._item = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@lru_cache(maxsize=256)
def _decode(query: bytes, kind: bytes) -> PredictQuery | None:
    """Return the options of a request; None if they or its content type are not valid.

    Args:
        query: query of the address.
        kind: header `Content-Type`.
    """
    headers = [(b"content-type", kind)]
    request = Request({"type": "http", "query_string": query, "headers": headers})
    try:
        check_type(request, PICTURES)
        options: PredictQuery = decode_query(request, PredictQuery)
    except (ApiError, UnicodeError):
        return None
    return options


@lru_cache(maxsize=128)
def _busy(seconds: int, keep_alive: bool) -> bytes:
    """Return the answer of an overloaded server."""
    head = b"%sretry-after: %d\r\n" % (STATUS_LINE[503], seconds)
    return head + _tail(MEDIA, refusals.busy().body, keep_alive)


def _tail(media: str, body: bytes, keep_alive: bool) -> bytes:
    """Return the last headers of an answer, and its body."""
    close = b"" if keep_alive else b"connection: close\r\n"
    head = b"%s%scontent-type: %s\r\ncontent-length: %d\r\n\r\n"
    return head % (_FIXED, close, media.encode(), len(body)) + body
