"""`POST /v1/predict`: the answers equal those of `moue predict --json`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from moue.media.image import encode_jpeg
from moue.server import examples
from moue.server.openapi import document
from moue.server.schema import Models, Predicted, Problem

SHARED = ("width", "height", "min_face", "note", "faces")


def command_line(paths):
    """Return the objects that `moue predict --json` prints."""
    command = [sys.executable, "-m", "moue", "predict", "--json", "--workers", "1"]
    found = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_the_answers_equal_those_of_the_command_line(server, pictures, tmp_path):
    chosen = [shutil.copy(path, tmp_path) for path in pictures[:10]]
    blank, two = tmp_path / "blank.png", tmp_path / "two.jpg"
    cv2.imwrite(str(blank), np.full((300, 200), 90, np.uint8))
    cv2.imwrite(str(two), np.hstack([cv2.imread(str(path)) for path in pictures[:2]]))
    files = [*map(Path, chosen), blank, two]
    for path, printed in zip(files, command_line(files), strict=True):
        status, answer = server.predict(path.read_bytes())
        assert status == 200
        assert {name: answer[name] for name in SHARED} == {name: printed[name] for name in SHARED}


def test_the_answer_and_the_model_fit_their_classes(server, face):
    _status, answer = server.predict(face)
    assert msgspec.convert(answer, Predicted).faces[0].label in answer["model"]["labels"]
    _status, _headers, body = server.request("GET", "/v1/models")
    assert msgspec.json.decode(body, type=Models).models[0].sha256 == answer["model"]["sha256"]


def test_a_request_may_set_the_error_rate_and_the_minimum_face_size(server, face):
    assert server.predict(face, "?max_error=0.05")[0] == 200
    status, found = server.predict(face, "?max_error=0")
    assert (status, found["reason"]) == (422, "max_error")
    assert server.predict(face, "?min_face=60")[1]["min_face"] == 60
    assert server.predict(face)[1]["min_face"] == 24


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 422, "empty"),
        (b"{}", 422, "not_an_image"),
        (b"\xff\xd8\xff\xe0" + bytes(300), 422, "unreadable"),
        (bytes(30_000_001), 413, "too_large"),
    ],
)
def test_a_body_that_is_no_picture_is_a_problem(server, body, status, reason):
    answer, found = server.predict(body)
    assert (answer, found["reason"]) == (status, reason)
    assert msgspec.convert(found, Problem).status == status


def test_a_picture_with_too_many_pixels_is_refused_before_decoding(server):
    wide = encode_jpeg(np.zeros((2, 60_000, 3), np.uint8), 50)
    assert server.predict(wide)[0] == 200
    at = wide.index(b"\xff\xc0") + 5  # height and width in the header
    huge = wide[:at] + (60_000).to_bytes(2, "big") + wide[at + 2 :]
    status, found = server.predict(huge)
    assert (status, found["reason"]) == (422, "too_large")


@pytest.mark.parametrize(
    ("query", "kind", "status", "reason"),
    [
        ("?min_face=1", "image/jpeg", 422, "invalid"),
        ("?max_error=2", "image/jpeg", 422, "invalid"),
        ("?size=3", "image/jpeg", 422, "invalid"),
        ("", "text/plain", 415, "type"),
    ],
)
def test_a_wrong_query_or_type_is_a_problem(server, face, query, kind, status, reason):
    answer, found = server.predict(face, query, **{"Content-Type": kind})
    assert (answer, found["reason"]) == (status, reason)


def test_an_unknown_path_or_method_is_a_problem(server):
    for method, path, status in (
        ("GET", "/nothing", 404), ("GET", "/v1/predict", 405), ("POST", "/v1/predict/", 404),
    ):  # fmt: skip
        answer, headers, body = server.request(method, path)
        assert answer == status == json.loads(body)["status"]
        assert headers["content-type"] == "application/problem+json"


def test_the_document_describes_the_paths_with_valid_examples(server):
    _status, _headers, body = server.request("GET", "/openapi.json")
    assert json.loads(body) == document(keys=False)
    assert msgspec.convert(examples.PREDICTED, Predicted)
    assert msgspec.convert(examples.MODELS, Models)
    for one in (examples.NOT_A_PICTURE, examples.BUSY, examples.TOO_LARGE):
        assert msgspec.convert(one, Problem)
    predicted = document()["paths"]["/v1/predict"]["post"]["responses"]
    assert predicted["200"]["content"]["application/json"]["example"] == examples.PREDICTED
    assert set(predicted) == {"200", "400", "401", "403", "408", "413", "415", "422", "503"}
