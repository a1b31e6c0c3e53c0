"""Declare the endpoints of an API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec
from starlette.requests import Request

from moue.http_api.body import read_chunks

Service = TypeVar("Service")
Query = TypeVar("Query")
Body = TypeVar("Body")

JSON_LIMIT = 1 << 20
"""Maximum size of a JSON body, in bytes."""


class Empty(msgspec.Struct, forbid_unknown_fields=True):
    """No query and no fields."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A request body that is not JSON.

    Attributes:
        types: accepted content types, such as `image/*`.
        limit: maximum size in bytes.
        streamed: True if the handler reads the body with `Call.chunks`; else `Call.body` is bytes.
    """

    types: tuple[str, ...]
    limit: int
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Call(Generic[Service, Query, Body]):
    """One request, checked.

    Attributes:
        service: state of the server, shared by its handlers.
        path: values of the placeholders of the path, such as `{"name": "a-0123456789ab"}`.
        query: query parameters.
        body: decoded JSON body; bytes for a raw body.
        request: the request itself, for streams.
        limit: maximum size of the body, in bytes.
    """

    service: Service
    path: dict[str, str]
    query: Query
    body: Body
    request: Request
    limit: int = JSON_LIMIT

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the parts of a streamed body; raise ApiError 413 if it is too large."""
        return read_chunks(self.request, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path of the API.

    Attributes:
        method: HTTP method. GET never changes anything.
        path: path below the prefix of the API, with placeholders such as `/mouths/{name}`. A
            placeholder matches letters, digits, `.`, `_` and `-`.
        handler: function from a `Call` to an instance of `response`, or to a Starlette response.
            A function that is not `async` runs in a thread.
        summary: one sentence for the OpenAPI document.
        query: Struct of the query parameters. A field of a list type may be repeated.
        body: Struct of the JSON body; `Raw` for pictures and videos; None for no body.
        response: Struct of the JSON response; a media type such as `image/webp` for other
            responses.
        errors: further error statuses of the handler.
        media: media type of a Struct response that is not JSON, such as `application/x-ndjson`.
        example: example of the response, for the OpenAPI document.
        open: True if the endpoint needs no key.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    handler: Callable[[Any], Any]
    summary: str
    query: type[msgspec.Struct] = Empty
    body: Any = None
    response: Any = None
    errors: tuple[int, ...] = ()
    media: str = ""
    example: Any = None
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A WebSocket of the API; the guard of the server checks its host and origin.

    Attributes:
        path: path below the prefix of the API.
        handler: async function from the state of the server and a Starlette WebSocket to None.
        summary: one sentence for the OpenAPI document.
    """

    path: str
    handler: Callable[..., Any]
    summary: str
