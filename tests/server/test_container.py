"""The files of the container: their copies, flags and health check are right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moue.cli.cmd_serve import serve

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "container/Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "container/compose.yaml").read_text(encoding="utf-8")


def words(name, text=DOCKERFILE):
    """Return the words of a JSON list in a file."""
    found = re.search(rf"^\s*{name}:? (\[[^\]]*\])", text.replace("\\\n", ""), re.MULTILINE)
    return json.loads(found[1])


def test_the_copied_files_exist_and_are_part_of_the_build():
    copied = [*re.search(r"^COPY (pyproject.*) \./$", DOCKERFILE, re.MULTILINE)[1].split(), "src"]
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in allowed


@pytest.mark.parametrize("command", [words("CMD"), words("command", COMPOSE)])
def test_the_flags_exist(command):
    program, name, *flags = words("ENTRYPOINT")
    assert (program, name) == ("moue", serve.name)
    context = serve.make_context("serve", [*flags, *command])
    assert context.params["host"] == "0.0.0.0"


def test_the_health_check_succeeds_on_a_ready_server_only(server):
    _python, *check = words("HEALTHCHECK .* CMD")
    for port, code in ((server.port, 0), (1, 1)):
        line = [sys.executable, *(word.replace(":8000", f":{port}") for word in check)]
        done = subprocess.run(line, check=False, capture_output=True, timeout=60)
        assert done.returncode == code
