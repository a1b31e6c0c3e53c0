"""`POST /v1/predict/many`: the answers come line by line, in the order of the pictures."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from moue.server.messages import Answer, PredictPicture
from moue.server.problem import problem
from moue.server.schema import PredictQuery
from moue.server.service import Call, Service, disconnected
from moue.server.uploads import LINES, BadPicture, pictures


async def predict_many(call: Call[PredictQuery]) -> Response:
    """Return the predictions for the pictures in the body, one JSON object per line."""
    service, limits = call.service, call.service.limits
    service.check_space()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(service.batch())
        limit = min(limits.memory // 2, limits.batch * limits.max_bytes)
        body = await stack.enter_async_context(service.upload(call.request, limit))
        kind = call.request.headers.get("content-type", "")
        found = pictures(body, kind, limits.batch, limits.max_bytes)
        del body
        return _Lines(service, call.query, found, stack.pop_all())
    raise AssertionError("unreachable")


class _Lines(Response):
    """A response that predicts one picture after the other while it is sent."""

    media_type = LINES

    def __init__(
        self,
        service: Service,
        query: PredictQuery,
        found: list[bytes | BadPicture],
        stack: AsyncExitStack,
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._service, self._query, self._found, self._stack = service, query, found, stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(disconnected(receive))
        faces = 0
        try:
            async with self._stack:
                await send(
                    {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
                )
                async for index, answer in self._answers():
                    if gone.done():
                        return
                    faces += answer.faces
                    line = _line(index, answer)
                    await send({"type": "http.response.body", "body": line, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._service.metrics.faces.inc(faces)
            scope.get("moue.facts", {}).update(faces=faces, pictures=len(self._found))

    async def _answers(self) -> AsyncIterator[tuple[int, Answer]]:
        work: deque[asyncio.Task[Answer]] = deque()
        index = 0
        try:
            for one in self._found:
                work.append(asyncio.create_task(self._answer(one)))
                if len(work) > self._service.config.workers:
                    yield index, await work.popleft()
                    index += 1
            while work:
                yield index, await work.popleft()
                index += 1
        finally:
            for task in work:
                task.cancel()

    async def _answer(self, one: bytes | BadPicture) -> Answer:
        if isinstance(one, BadPicture):
            return Answer(one.status, problem(one.status, one.reason, one.detail), one.reason)
        query = self._query
        message = PredictPicture(one, query.max_error, query.min_face)
        return await self._service.pool.predict(message, batch=True)


def _line(index: int, answer: Answer) -> bytes:
    name = b"result" if answer.status == 200 else b"error"
    return b'{"index": %d, "%s": %s}\n' % (index, name, answer.body)
