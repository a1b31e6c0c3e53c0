"""The folder that `moue export --web` writes, and the runtime that it needs."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from commands import call
from export import web_files
from moue.errors import DataError, ExportError, FileTaken, SourceError
from moue.export.web_model import web_model
from moue.export.web_page import PAGE, write_page
from moue.export.web_runtime import Runtime, runtime_files
from moue.predict.predictor import AnyPredictor, Predictor


def test_the_command_writes_a_page_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    web_files.required_runtime()
    monkeypatch.chdir(tmp_path)
    assert call("export", "--web", "page") == 0
    assert (tmp_path / "page/runtime/ort-wasm-simd-threaded.wasm").stat().st_size > 1e7
    (tmp_path / "page/CNAME").write_text("mine")
    assert call("export", "--web", "page") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert call("export", "--web", "page", "--overwrite") == 0
    assert (tmp_path / "page/CNAME").read_text() == "mine"


def test_the_command_refuses_another_package(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.tgz").write_bytes(package({"package/index.js": b""}))
    assert call("export", "--web", "page", "--runtime", "other.tgz") == 1
    assert "onnxruntime-web" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_a_folder_with_other_files_stays_as_it_is(files: dict[str, bytes], tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileTaken, match="other files"):
        write_page(files, tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_target_and_a_folder_exclude_each_other(tmp_path: Path, capsys):
    assert call("export") == 2
    assert call("export", tmp_path / "a.onnx", "--web", tmp_path / "page") == 2
    assert "--web" in capsys.readouterr().err


def test_the_page_needs_the_face_backend_of_the_model():
    with pytest.raises(ExportError, match="mediapipe"):
        web_model(Predictor.load(licence="free"))


def test_the_files_are_those_of_the_description(files: dict[str, bytes]):
    description = json.loads(files["model/model.json"])
    for file in description["files"].values():
        data = files[f"model/{file['path']}"]
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])


def test_the_description_names_no_folder_of_this_computer(tmp_path: Path, predictor: AnyPredictor):
    model = tmp_path / "secret" / "my mouth.onnx"
    model.parent.mkdir()
    model.write_bytes(predictor.classifier.content)
    description = web_model(Predictor.load(model)).description
    assert "secret" not in json.dumps(description)


def test_no_file_of_the_page_names_another_host(files: dict[str, bytes]):
    for name, data in files.items():
        if name.endswith((".js", ".html", ".css", ".webmanifest", "model.json")):
            found = re.findall(rb"(?:https?:)?//[\w-]+\.[\w./-]+", data)
            assert not [one for one in found if b"localhost" not in one], name


def test_the_worker_keeps_every_file_and_changes_with_each(
    files: dict[str, bytes], predictor: AnyPredictor
):
    worker = files["sw.js"].decode()
    listed = json.loads(re.search(r"const files = (\[.*?\]);", worker)[1])
    assert set(listed) == set(files) - {"sw.js"} | {"./"}
    assert re.search(r'const version = "[0-9a-f]{16}";', worker)


def test_both_languages_have_the_same_texts_and_placeholders():
    source = (PAGE / "texts.js").read_text(encoding="utf-8")
    parts = [source.split(f"const {name} = {{")[1].split("\n};")[0] for name in TABLES]
    tables = [dict(re.findall(r'^  (\w+): "(.*)",$', part, re.MULTILINE)) for part in parts]
    english, chinese = tables
    assert len(english) > 20
    assert english.keys() == chinese.keys()
    for key in english:
        placeholders = [sorted(re.findall(r"\{\w+\}", table[key])) for table in tables]
        assert placeholders[0] == placeholders[1], key


def test_the_types_declare_what_the_module_exports():
    code = (PAGE / "moue.js").read_text(encoding="utf-8")
    types = (PAGE / "moue.d.ts").read_text(encoding="utf-8")
    exported = set(re.findall(r"^export (?:class|function) (\w+)", code, re.MULTILINE))
    declared = set(re.findall(r"^export declare (?:class|function) (\w+)", types, re.MULTILINE))
    assert exported == declared


TABLES = ("ENGLISH", "CHINESE")


def package(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


CONTENT = {"package/dist/ort.mjs": b"code", "package/dist/ort.wasm": b"wasm"}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server on the loopback that answers with `server.answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.server.answer else 404)
            self.end_headers()
            self.wfile.write(self.server.answer)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        running.answer = package(CONTENT)
        Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def small_runtime(server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("MOUE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Runtime(
        version="1.0",
        url=f"http://127.0.0.1:{server.server_port}/ort.tgz",
        bytes=len(server.answer),
        files={name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()},
    )


def test_the_runtime_is_downloaded_once(server: HTTPServer, small_runtime: Runtime):
    said: list[str] = []
    first = runtime_files(say=said.append, runtime=small_runtime)
    assert first.keys() == {"ort.mjs", "ort.wasm", "LICENSE"}
    assert len(said) == 1
    server.answer = b""
    assert runtime_files(say=said.append, runtime=small_runtime) == first
    assert len(said) == 1


def test_a_damaged_cache_is_downloaded_again(small_runtime: Runtime, tmp_path: Path):
    expected = runtime_files(runtime=small_runtime)
    (tmp_path / "cache/onnxruntime-web-1.0/ort.wasm").write_bytes(b"other")
    assert runtime_files(runtime=small_runtime) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (package({**CONTENT, "package/dist/ort.wasm": b"evil"}), "another checksum"),
        (package({"package/dist/ort.mjs": b"code"}), "missing"),
        (package(CONTENT)[:60], "not a complete"),
        (b"<html>login</html>", "not a complete"),
    ],
    ids=["changed", "missing", "truncated", "no package"],
)
def test_an_unexpected_package_is_refused(
    server: HTTPServer, small_runtime: Runtime, tmp_path: Path, answer: bytes, message: str
):
    server.answer = answer
    with pytest.raises(DataError, match=message):
        runtime_files(runtime=small_runtime)
    assert not (tmp_path / "cache").exists()
    file = tmp_path / "ort.tgz"
    file.write_bytes(answer)
    with pytest.raises(DataError, match=message):
        runtime_files(file, runtime=small_runtime)


def test_without_network_a_package_file_is_asked_for(server: HTTPServer, small_runtime: Runtime):
    server.answer = b""
    with pytest.raises(SourceError, match="--runtime"):
        runtime_files(runtime=small_runtime)


def test_a_package_file_needs_no_network(server: HTTPServer, small_runtime: Runtime, tmp_path):
    file = tmp_path / "ort.tgz"
    file.write_bytes(server.answer)
    server.answer = b""
    assert runtime_files(file, runtime=small_runtime)["ort.wasm"] == b"wasm"
    with pytest.raises(SourceError, match="cannot be read"):
        runtime_files(tmp_path / "none.tgz", runtime=small_runtime)
