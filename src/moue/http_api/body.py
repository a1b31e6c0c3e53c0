"""Read and check the body and the query of a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from moue.http_api.errors import ApiError, _


async def read_chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the parts of a body.

    Raises:
        ApiError: the body is larger than `limit` bytes, or the client went away.
    """
    _check_length(request.headers.get("content-length"), limit)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            if chunk:
                yield chunk
    except ClientDisconnect as error:
        raise ApiError(400, "incomplete", _("the upload was cut off")) from error


async def read_body(request: Request, limit: int) -> bytes:
    """Return the whole body; raise ApiError if it is larger than `limit` bytes."""
    return b"".join([chunk async for chunk in read_chunks(request, limit)])


def check_type(request: Request, accepted: tuple[str, ...]) -> None:
    """Check the content type of a request.

    Raises:
        ApiError: the content type is none of `accepted`.
    """
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    for kind in accepted:
        if kind in ("*/*", given) or (kind.endswith("/*") and given.startswith(kind[:-1])):
            return
    text = _("the content type {given} is not accepted; send {accepted}")
    raise ApiError(415, "type", text, given=given or "?", accepted=", ".join(accepted))


def decode_json(body: bytes, kind: Any) -> Any:
    """Decode and check a JSON body; raise ApiError 422 if it does not fit."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _invalid(error) from error


def decode_query(request: Request, kind: type[msgspec.Struct]) -> Any:
    """Decode and check the query parameters; raise ApiError 422 if they do not fit."""
    lists = _lists(kind)
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


@cache
def _lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of the query parameters that may be repeated."""
    return frozenset(
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if isinstance(msgspec.inspect.type_info(field.type), msgspec.inspect.CollectionType)
    )


def _check_length(given: str | None, limit: int) -> None:
    if given is not None and given.isascii() and given.isdigit() and int(given) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> ApiError:
    size = f"{limit / (1 << 20):g} MB"
    return ApiError(413, "too_large", _("the upload is larger than {size}"), size=size)


def _invalid(error: Exception) -> ApiError:
    reason = str(error)[:200]
    return ApiError(422, "invalid", _("the request is not valid: {reason}"), reason=reason)
