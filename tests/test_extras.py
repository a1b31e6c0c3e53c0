"""The line that installs an extra."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from moue.doctor import CORE, EXTRAS
from moue.errors import MissingExtra
from moue.extras import how_to_install


class Installed:
    """What is noted of an installation."""

    def __init__(self, text):
        self.text = text

    def read_text(self, _):
        return self.text


@pytest.fixture
def noted(monkeypatch):
    def note(text):
        monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Installed(text))

    return note


@pytest.mark.parametrize("editable", [True, False])
def test_extras_are_installed_from_the_source_folder(noted, tmp_path, editable):
    folder = tmp_path / "my 项目"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    noted(json.dumps({"url": folder.as_uri(), "dir_info": {"editable": editable}}))
    line = shlex.split(how_to_install("video"))
    assert line == ["pip", "install", *(["-e"] if editable else []), f"{folder}[video]"]
    assert how_to_install("video") in str(MissingExtra("video files", "video"))


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "{", '{"url": 3}', '{"url": "https://example.org/moue.whl"}',
     '{"url": "file:///nowhere/at/all"}', '{"url": "http://[", "dir_info": 3}'],
)  # fmt: skip
def test_no_index_package_is_suggested_without_a_source(noted, text):
    noted(text)
    assert how_to_install("heif") == (
        "pip install '.[heif]' in the folder that moue was installed from"
    )


def test_doctor_lists_every_dependency():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]

    def names(requirements):
        return {re.split(r"[<>=\[]", one)[0].lower() for one in requirements}

    assert names(project["dependencies"]) == set(CORE)
    for extra, (_, packages) in EXTRAS.items():
        assert names(project["optional-dependencies"][extra]) == set(packages)


def test_the_demo_pictures_come_from_the_source_folder(noted, tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    noted(json.dumps({"url": tmp_path.as_uri(), "dir_info": {}}))
    assert shlex.split(how_to_install("demo")) == ["pip", "install", "-e", f"{tmp_path}[train]"]
