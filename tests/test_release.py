"""The files of a release agree, and a wheel without the demo pictures says what is missing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import moue
from moue.demo import raw_folder
from moue.errors import MissingExtra

ROOT = Path(__file__).parent.parent


def project(path: str) -> dict:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["project"]


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    versions = {
        project("pyproject.toml")["version"],
        moue.__version__,
        re.search(r"^version: (.*)$", citation, re.MULTILINE)[1],
    }
    assert len(versions) == 1


def test_the_extra_demo_needs_the_version_of_the_pictures():
    pictures = project("packages/demo-pictures/pyproject.toml")
    extra = project("pyproject.toml")["optional-dependencies"]["demo"]
    assert f"{pictures['name']}=={pictures['version']}" in extra


def test_without_the_pictures_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_folder, "PICTURES", tmp_path)
    with pytest.raises(MissingExtra, match="'demo'"):
        list(raw_folder.demo_pictures())


def test_the_package_of_the_pictures_is_found(tmp_path, monkeypatch):
    package = tmp_path / "moue_demo_pictures"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(raw_folder, "__file__", str(tmp_path / "elsewhere" / "raw_folder.py"))
    assert raw_folder._pictures() == package
