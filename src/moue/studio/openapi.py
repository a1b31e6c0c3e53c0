"""The OpenAPI 3.1 description of the API, made from the endpoints and their classes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

import moue
from moue.studio.endpoint import PREFIX, Empty, Endpoint, Raw, Socket
from moue.studio.errors import ErrorBody

_REFS = "#/components/schemas/{name}"
_TEXTS = {
    400: "the command or the upload failed",
    401: "the key is missing",
    403: "the request comes from another host or origin, or names a foreign path",
    404: "there is no such name",
    405: "the method is not allowed",
    409: "the workspace does not allow this now",
    413: "the upload is too large",
    415: "the content type is not accepted",
    422: "the request is not valid",
    503: "an extra is not installed",
    507: "the disk is full, or a file cannot be written",
}
_ALWAYS = (400, 401, 403, 409, 422, 507)
"""Errors that each endpoint may answer."""


def describe(endpoints: Iterable[Endpoint | Socket]) -> dict[str, Any]:
    """Return the OpenAPI document of endpoints. WebSockets are described in a text."""
    http = [one for one in endpoints if isinstance(one, Endpoint)]
    sockets = [one for one in endpoints if isinstance(one, Socket)]
    kinds: list[Any] = [ErrorBody, *(one.query for one in http if one.query is not Empty)]
    kinds += [one.body for one in http if one.body is not None and not isinstance(one.body, Raw)]
    kinds += [one.response for one in http if not isinstance(one.response, str | None)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFS)
    named = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for one in http:
        operations = paths.setdefault(PREFIX + one.path, {})
        operations[one.method.lower()] = _operation(one, named, components)
    about = "".join(f"\n\nWebSocket `{PREFIX}{one.path}`: {one.summary}" for one in sockets)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "moue studio", "version": moue.__version__,
            "description": f"The API of `moue studio`, on this machine only.{about}",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }  # fmt: skip


def _operation(
    endpoint: Endpoint, named: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    words = re.findall(r"\w+", f"{endpoint.method.lower()} {endpoint.path}")
    found: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": "_".join(words),
        "responses": _responses(endpoint, named),
    }
    if parameters := [*_path(endpoint), *_query(endpoint, named, components)]:
        found["parameters"] = parameters
    if isinstance(endpoint.body, Raw):
        raw: dict[str, Any] = {kind: {"schema": {}} for kind in endpoint.body.types}
        found["requestBody"] = {"required": True, "content": raw}
    elif endpoint.body is not None:
        content = {"application/json": {"schema": named[repr(endpoint.body)]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _path(endpoint: Endpoint) -> list[dict[str, Any]]:
    schema = {"type": "string", "pattern": r"^[\w.-]+$", "minLength": 1, "maxLength": 255}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _query(
    endpoint: Endpoint, named: dict[str, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if endpoint.query is Empty:
        return []
    schema = components[named[repr(endpoint.query)]["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": content}
        for name, content in schema["properties"].items()
    ]


def _responses(endpoint: Endpoint, named: dict[str, Any]) -> dict[str, Any]:
    kind = endpoint.response
    if not isinstance(kind, str | None):
        content: dict[str, Any] = {"application/json": {"schema": named[repr(kind)]}}
    else:
        content = {kind or "application/octet-stream": {"schema": {}}}
    found: dict[str, Any] = {"200": {"description": "success", "content": content}}
    statuses = {*_ALWAYS, *endpoint.errors}
    if endpoint.body is not None:
        statuses |= {413, 415}
    error = {"application/json": {"schema": named[repr(ErrorBody)]}}
    for status in sorted(statuses):
        text = _TEXTS.get(status, "the request failed")
        found[str(status)] = {"description": text, "content": error}
    return found
