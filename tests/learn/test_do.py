"""Every command and program of the chapters runs and prints what the chapter says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from moue.demo.raw_folder import demo_pictures
from moue.learn import course
from moue.learn.blocks import Do
from moue.workspace.types import LABELS

ANYTHING, NUMBER = "{…}", "{n}"
PER_LABEL = 8
STEPS = ("convert", "clean", "dedupe", "crop", "label", "split", "train --epochs 2 --recipe fast")
LIMIT = 300
CHAPTERS = [
    name
    for name in course.names()
    if any(isinstance(block, Do) for block in course.chapter(name, "en").blocks())
]


def pattern(expected: str) -> re.Pattern[str]:
    """Return the pattern of the output that a chapter shows."""
    text = re.escape(squeezed(expected))
    text = text.replace(re.escape(ANYTHING), ".*?").replace(re.escape(NUMBER), r"[−-]?\d[\d.,]*")
    return re.compile(text, re.DOTALL)


def squeezed(text: str) -> str:
    """Return a text without the spaces that only align columns, and without empty lines."""
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def add_photos(folder):
    """Copy bundled pictures to `photos/LABEL`."""
    for label in LABELS:
        (folder / "photos" / label).mkdir(parents=True)
        chosen = [p.path for p in demo_pictures() if p.label == label][:PER_LABEL]
        for path in chosen:
            shutil.copy(path, folder / "photos" / label)


def run(folder, block):
    """Run a block in a folder with `moue` on the path, and return what it prints."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "moue").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m moue "$@"\n')
    (programs / "moue").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "MOUE_LANG": "en", "COLUMNS": "300"}
    shell = ["bash", "-euo", "pipefail", "-c", block.code]
    command = shell if block.language == "sh" else [sys.executable, "-c", block.code]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0, f"{block.code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def prepared_workspace(tmp_path_factory):
    """A folder with a workspace of the bundled pictures, up to a short training."""
    folder = tmp_path_factory.mktemp("prepared")
    add_photos(folder)
    for step in ("collect photos", *STEPS):
        run(folder, Do("", "sh", f"moue {step}", "", {}))
    return folder / "moue-workspace"


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_the_commands_of_a_chapter_print_what_it_says(name, tmp_path, request):
    add_photos(tmp_path)
    blocks = [b for b in course.chapter(name, "en").blocks() if isinstance(b, Do)]
    if any("workspace" in block.options for block in blocks):
        prepared = request.getfixturevalue("prepared_workspace")
        shutil.copytree(prepared, tmp_path / "moue-workspace")
    for block in blocks:
        printed = squeezed(run(tmp_path, block))
        assert pattern(block.expected).fullmatch(printed), f"{block.code}\n{printed}"


def test_the_pattern_of_an_output_notices_another_text():
    assert pattern("a  {n} b\n{…}\nend").fullmatch("a 12.5 b\nx\ny\nend")
    assert not pattern("a {n} b").fullmatch("a x b")
    assert not pattern("a.b").fullmatch("axb")
