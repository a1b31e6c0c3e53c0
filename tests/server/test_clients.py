"""The clients of the guide run against a server and print the right labels."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GUIDES = Path(__file__).parent.parent.parent / "docs"
PAGES = ("guides/serve.md", "zh/guides/serve.md")


def blocks(page, language):
    """Return the code blocks of a page in a language."""
    text = (GUIDES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def output(server, face, tmp_path, code, *command):
    """Run a client in a folder with `face.jpg`, and return what it prints."""
    (tmp_path / "face.jpg").write_bytes(face)
    code = code.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    found = subprocess.run(
        [*command, code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    return found.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("page", PAGES)
def test_the_curl_calls_of_the_guide(server, face, tmp_path, page):
    single, many = blocks(page, "bash")
    right = server.predict(face)[1]
    assert json.loads(output(server, face, tmp_path, single, "sh", "-c")) == right
    lines = output(server, face, tmp_path, many, "sh", "-c").splitlines()
    assert [json.loads(line)["result"] for line in lines] == [right, right]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_client_of_the_guide(server, face, tmp_path, page):
    (code,) = blocks(page, "python")
    assert output(server, face, tmp_path, code, sys.executable, "-c").strip() == "['none']"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("page", PAGES)
def test_the_javascript_client_of_the_guide(server, face, tmp_path, page):
    (code,) = blocks(page, "javascript")
    command = ("node", "--input-type=module", "--eval")
    assert output(server, face, tmp_path, code, *command).strip() == "[ 'none' ]"
