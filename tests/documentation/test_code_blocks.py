"""The commands and programs in the docs work as they stand."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import click
import pytest

from documentation.markdown_blocks import ENGLISH, ROOT, blocks, name
from moue.cli.commands import moue
from moue.workspace.types import LABELS

PICTURES = ROOT / "src/moue/demo/pictures"
RUN = [page for page in ENGLISH if any(block.run for block in blocks(page))]
ELLIPSIS = "…"


@pytest.fixture
def photos(tmp_path):
    """A folder with `photos/LABEL/*.jpg`, as the docs assume."""
    for label in LABELS:
        (tmp_path / "photos" / label).mkdir(parents=True)
        for picture in sorted(PICTURES.glob(f"*-{label}.jpg"))[:8]:
            shutil.copy(picture, tmp_path / "photos" / label)
    return tmp_path


def run(folder, *command):
    """Run a command with `moue` on the path; return its standard output."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "moue").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m moue "$@"\n')
    (programs / "moue").chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=name)
def test_code_blocks_run(page, photos):
    for block in blocks(page):
        if block.run and block.language == "bash":
            run(photos, "bash", "-euo", "pipefail", "-c", block.code)
        elif block.run and block.language == "python":
            run(photos, sys.executable, "-c", block.code)
        elif block.run and block.language == "console":
            check_console(block.code, photos)


def check_console(text, folder):
    """Compare the output of each `$` line; digits may differ, `…` stands for anything."""
    for part in text.removeprefix("$ ").split("\n$ "):
        command, _, expected = part.partition("\n")
        shown = re.escape(" ".join(masked(expected).split())).replace(ELLIPSIS, ".*")
        got = " ".join(masked(run(folder, "bash", "-c", command)).split())
        assert re.fullmatch(shown.replace(r",\ .*,\ ", r",\ .*\ "), got), f"{command}\n{got}"


def masked(text):
    """Replace numbers: their last digits depend on the processor."""
    return re.sub(r"\d+(\.\d+)?", "0", text)


def commands(code):
    """Return the words of each `moue` command in a block."""
    lines = [line.removeprefix("$ ") for line in code.split("\n")]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("moue ")]


def find_command(words):
    """Return the click command that these words name."""
    command = moue.commands[words[1]]
    if not isinstance(command, click.Group):
        return command
    default = command.commands[getattr(command, "default", None) or "list"]
    return command.commands.get(words[2], default) if len(words) > 2 else default


EXAMPLES = [
    pytest.param(words, id=f"{name(page)}: {' '.join(words)}")
    for page in ENGLISH
    for block in blocks(page)
    for words in commands(block.code)
]


@pytest.mark.parametrize("words", EXAMPLES)
def test_commands_in_docs_exist(words):
    command = find_command(words)
    flags = {flag for p in command.params for flag in (*p.opts, *p.secondary_opts)} | {"--help"}
    used = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert isinstance(command, click.Command)
    assert used <= flags


@pytest.mark.parametrize("page", ENGLISH, ids=name)
def test_chinese_page_has_the_same_code(page):
    chinese = (
        ROOT / "README.zh-CN.md"
        if page.name == "README.md"
        else ROOT / "docs/zh" / page.relative_to(ROOT / "docs")
    )
    if not chinese.exists():
        pytest.skip("only in English")
    assert [bare(b.code) for b in blocks(chinese)] == [bare(b.code) for b in blocks(page)]


def bare(code):
    """Return code without comments, and without the words of a search."""
    lines = (
        re.sub(r'\s*#.*|"[^"]*[^\x00-\x7f][^"]*"|"smiling face"', "", x) for x in code.split("\n")
    )
    return [line for line in lines if line]
