"""The OpenAPI document, and hostile requests made from it."""

from __future__ import annotations

import hashlib
import re
import sys

import msgspec
import pytest

from moue.http_api.endpoint import Empty, Endpoint, Raw
from moue.studio.jobs.arguments import COMMANDS
from moue.studio.routes import ENDPOINTS
from moue.studio.schema import JobRequest

HTTP = [one for one in ENDPOINTS if isinstance(one, Endpoint)]
FINITE = [one for one in HTTP if one.path != "/events"]
HOSTILE = (
    "../../outside/secret.txt", "..", "../../../../../../etc/passwd", "%2e%2e%2foutside", "\0",
    "..\\..\\outside\\secret.txt", "OUTSIDE/secret.txt", "file:///OUTSIDE/secret.txt", "--help",
    "a" * 5000, "'; DROP TABLE samples; --", "\ud800",
)  # fmt: skip


def ids(endpoint):
    return f"{endpoint.method} {endpoint.path}"


def test_the_document_describes_every_endpoint(client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described == {(f"/api/v1{one.path}", one.method.lower()) for one in HTTP}
    names = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert len(set(names)) == len(names)
    refs = set(
        re.findall(r"#/components/schemas/([\w.]+)", client.get("/api/v1/openapi.json").text)
    )
    assert refs <= set(document["components"]["schemas"])


def test_get_never_takes_a_body_and_every_endpoint_has_a_sentence():
    for one in HTTP:
        assert one.method != "GET" or one.body is None
        assert one.summary.endswith(".")


def test_the_commands_of_jobs_are_those_of_the_document():
    (kind,) = (f.type for f in msgspec.structs.fields(JobRequest) if f.name == "command")
    assert set(kind.__args__) == set(COMMANDS)


def value(kind, text):
    """A value of a type, made of a hostile text where the type allows it."""
    info = msgspec.inspect.type_info(kind)
    return _value(info, text)


def _value(info, text):
    match info:
        case msgspec.inspect.StrType() | msgspec.inspect.AnyType():
            return text
        case msgspec.inspect.Metadata():
            return _value(info.type, text)
        case msgspec.inspect.UnionType():
            return _value(next(t for t in info.types if type(t).__name__ != "NoneType"), text)
        case msgspec.inspect.LiteralType():
            return info.values[0]
        case msgspec.inspect.BoolType():
            return True
        case msgspec.inspect.IntType():
            return int(info.ge or 0)
        case msgspec.inspect.FloatType():
            return float(info.ge or 0)
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return [_value(info.item_type, text)] * max(1, info.min_length or 0)
        case msgspec.inspect.DictType():
            return {"sources": [text], text: text}
        case msgspec.inspect.StructType():
            return {field.encode_name: _value(field.type, text) for field in info.fields}
    return text


def short(one):
    """A value for a query, which a client limits to 64 KB."""
    return [short(each) for each in one] if isinstance(one, list) else str(one)[:600]


def send(client, endpoint, text):
    """Send a request with a hostile text in every field."""
    quoted = "".join(f"%{byte:02x}" for byte in text[:300].encode("utf-8", "surrogatepass"))
    path = re.sub(r"{\w+}", lambda _: quoted, endpoint.path)
    more = {}
    if endpoint.query is not Empty:
        shown = value(endpoint.query, text.encode("utf-8", "replace").decode())
        more["params"] = {key: short(one) for key, one in shown.items()}
    if isinstance(endpoint.body, Raw):
        kind = endpoint.body.types[0].replace("*", "x")
        more |= {"content": text.encode("utf-8", "replace"), "headers": {"content-type": kind}}
    elif endpoint.body is not None:
        body = msgspec.to_builtins(value(endpoint.body, text.encode("utf-8", "replace").decode()))
        more |= {"json": body}
    return client.request(endpoint.method, f"/api/v1{path}", **more)


def contents(folder):
    """The files of a workspace, without the logs of SQLite, which reading changes too."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


opened: list[str] = []
"""The files that were opened while `watching` is true."""
watching = False


def _hook(event, values):
    if watching and event == "open" and isinstance(values[0], str):
        opened.append(values[0])


sys.addaudithook(_hook)


@pytest.mark.parametrize("endpoint", FINITE, ids=ids)
def test_hostile_texts_in_every_field_read_nothing_outside(
    client, workspace, endpoint, tmp_path, monkeypatch
):
    secret = tmp_path / "outside" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text("a secret that nobody may read")
    monkeypatch.setattr(sys.modules[__name__], "watching", True)
    opened.clear()
    for text in HOSTILE:
        answer = send(client, endpoint, text.replace("OUTSIDE", str(secret.parent)))
        assert answer.status_code != 500, answer.text
        assert "nobody may read" not in answer.text
    monkeypatch.undo()
    assert not [path for path in opened if "outside" in path or path.startswith("/etc/pass")]


@pytest.mark.parametrize("endpoint", HTTP, ids=ids)
def test_a_stranger_can_neither_read_nor_write(stranger, workspace, endpoint):
    before = contents(workspace.root)
    answer = send(stranger, endpoint, "a")
    assert answer.status_code == 401
    assert contents(workspace.root) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "GET"])
def test_unknown_paths_and_methods_have_an_error_in_json(client, method):
    for path in ("/api/v1/nothing", "/api/v1/state/x", "/x"):
        answer = client.request(method, path)
        assert answer.status_code in (404, 405)
        assert answer.json()["error"]["code"] in ("not_found", "method")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"command": "clean", "x": 1}']
)
def test_bodies_that_do_not_fit_are_refused(client, body):
    kind = {"content-type": "application/json"}
    answer = client.post("/api/v1/jobs", content=body, headers=kind)
    assert answer.status_code == 422


def test_a_body_that_is_too_large_or_of_another_type_is_refused(client):
    large = b'"' + b"a" * (1 << 20) + b'"'
    kind = {"content-type": "application/json"}
    assert client.post("/api/v1/jobs", content=large, headers=kind).status_code == 413
    chunks = (b"a" * 65536 for _ in range(20))
    assert client.post("/api/v1/jobs", content=chunks, headers=kind).status_code == 413
    for other in ("text/plain", "", "application/x-www-form-urlencoded"):
        answer = client.post("/api/v1/jobs", content=b"{}", headers={"content-type": other})
        assert answer.status_code == 415
