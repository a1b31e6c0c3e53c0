"""The OpenAPI 3.1 document of an API, made from its endpoints and their classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

import moue
from moue.http_api.endpoint import Empty, Endpoint, Raw, Socket

_REFS = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the endpoints of an API have in common.

    Attributes:
        title: name of the API.
        text: description of the API, in Markdown.
        prefix: beginning of the paths, such as `/api/v1`; may be empty.
        error: Struct of the body of all error responses.
        error_type: media type of the error responses.
        statuses: description of each error status.
        always: error statuses that each endpoint may answer.
        body_statuses: further error statuses of endpoints with a body.
        error_examples: example bodies of error responses, by status.
    """

    title: str
    text: str
    prefix: str
    error: type[msgspec.Struct]
    error_type: str = "application/json"
    statuses: Mapping[int, str]
    always: tuple[int, ...]
    body_statuses: tuple[int, ...] = (413, 415)
    error_examples: Mapping[int, Any] = field(default_factory=dict)


def describe(endpoints: Iterable[Endpoint | Socket], about: About) -> dict[str, Any]:
    """Return the OpenAPI document of endpoints. WebSockets are described in the text."""
    http = [one for one in endpoints if isinstance(one, Endpoint)]
    sockets = [one for one in endpoints if isinstance(one, Socket)]
    kinds: list[Any] = [about.error, *(one.query for one in http if one.query is not Empty)]
    kinds += [one.body for one in http if one.body is not None and not isinstance(one.body, Raw)]
    kinds += [one.response for one in http if not isinstance(one.response, str | None)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFS)
    named = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for one in http:
        operations = paths.setdefault(about.prefix + one.path, {})
        operations[one.method.lower()] = _operation(one, named, components, about)
    texts = (f"\n\nWebSocket `{about.prefix}{one.path}`: {one.summary}" for one in sockets)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": about.title, "version": moue.__version__,
            "description": about.text + "".join(texts),
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }  # fmt: skip


def _operation(
    endpoint: Endpoint, named: dict[str, Any], components: dict[str, Any], about: About
) -> dict[str, Any]:
    words = re.findall(r"\w+", f"{endpoint.method.lower()} {endpoint.path}")
    found: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": "_".join(words),
        "responses": _responses(endpoint, named, about),
    }
    if endpoint.open:
        found["security"] = []
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


def _responses(endpoint: Endpoint, named: dict[str, Any], about: About) -> dict[str, Any]:
    kind = endpoint.response
    success: dict[str, Any] = {"schema": {} if isinstance(kind, str | None) else named[repr(kind)]}
    if endpoint.example is not None:
        success["example"] = endpoint.example
    media = endpoint.media or (kind if isinstance(kind, str) else None)
    if media is None:
        media = "application/octet-stream" if kind is None else "application/json"
    found: dict[str, Any] = {"200": {"description": "success", "content": {media: success}}}
    statuses = {*about.always, *endpoint.errors}
    if endpoint.body is not None:
        statuses.update(about.body_statuses)
    for status in sorted(statuses):
        error: dict[str, Any] = {"schema": named[repr(about.error)]}
        if status in about.error_examples:
            error["example"] = about.error_examples[status]
        text = about.statuses.get(status, "the request failed")
        found[str(status)] = {"description": text, "content": {about.error_type: error}}
    return found
