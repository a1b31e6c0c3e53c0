from __future__ import annotations

import json

import pytest

from commands import call
from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A workspace with a few labelled mouths."""
    place = tmp_path_factory.mktemp("project")
    raw = tmp_path_factory.mktemp("raw")
    for picture in list(demo_pictures())[:6]:
        target = raw / picture.label / picture.path.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(picture.path.read_bytes())
    for command in (("collect", raw), ("convert",), ("clean",), ("dedupe",), ("crop",), ("label",)):
        assert call(*command, "-w", place) == 0
    return place


def test_a_mouth_of_the_workspace_is_explained_with_its_neighbours(project, tmp_path, capsys):
    name = sorted((project / "mouths").rglob("*.png"))[0].name.removesuffix("_mouth.png")
    capsys.readouterr()
    assert call("explain", name, "-w", project, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["name"] == name
    assert found["in_context"] is True
    near = [one["name"] for one in found["neighbours"]]
    assert name not in near
    assert len(near) == 5
    assert [one["kind"] for one in found["changes"]] == [
        "shift_x", "shift_y", "scale", "roll", "brightness", "blur",
    ]  # fmt: skip


def test_a_sheet_is_written_and_not_overwritten(project, tmp_path, capsys):
    picture = next(demo_pictures()).path
    sheet = tmp_path / "why.png"
    assert call("explain", picture, "-w", project, "--sheet", sheet) == 0
    assert "hidden" in capsys.readouterr().out
    assert read_image(sheet).shape[0] > 300
    assert call("explain", picture, "-w", project, "--sheet", sheet, "--json") in (0, 1)
    sheet.write_bytes(b"mine")
    assert call("explain", picture, "-w", project, "--sheet", sheet) == 1
    assert sheet.read_bytes() == b"mine"


def test_a_picture_outside_a_workspace_has_no_neighbours(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("explain", next(demo_pictures()).path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["neighbours"] == []


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_a_broken_picture_is_one_line_of_error(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(content)
    assert call("explain", "a.jpg") == 1
    assert "a.jpg" in capsys.readouterr().err


def test_an_unknown_name_is_an_error(project, capsys):
    assert call("explain", "nobody", "-w", project) == 1
    assert "nobody" in capsys.readouterr().err
