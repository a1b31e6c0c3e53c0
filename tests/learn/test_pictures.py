"""The terminal prints the core of a chapter and writes its picture."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from commands import call
from moue.learn.answers import Answers
from moue.learn.pictures import curves, picture


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("slug", ["loss", "cascade"])
def test_a_picture_is_an_svg_with_its_curves(slug, language):
    root = ElementTree.fromstring(picture(slug, "A & B", Answers(), language))
    assert root.tag.endswith("svg")
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "A & B"


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["optimizer", "scheduler", "honest-testing"])
def test_a_picture_of_computed_data_is_an_svg(slug):
    pytest.importorskip("torch")
    ElementTree.fromstring(picture(slug, "Title", Answers(), "en"))


def test_a_chapter_without_a_picture_has_none():
    assert picture("collecting", "Title", Answers(), "en") is None


def test_every_curve_has_its_name_and_stays_inside():
    svg = ElementTree.fromstring(curves("T", {"a": [0, 1, 2], "b": [2, 2, 2]}, "x", (0, 2)))
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a", "b", "x", "T"} <= set(texts)


def test_the_terminal_prints_the_core_and_writes_the_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("learn", "loss") == 0
    printed = capsys.readouterr().out
    assert "cross-entropy" in printed.lower()
    assert "moue-loss.svg" in printed
    ElementTree.parse(tmp_path / "moue-loss.svg")
    (tmp_path / "moue-loss.svg").write_text("mine")
    assert call("learn", "loss") == 0
    assert "already exists" in capsys.readouterr().err
    assert (tmp_path / "moue-loss.svg").read_text() == "mine"
    assert call("learn", "loss", "--overwrite", "--lang", "zh") == 0
    assert "交叉熵" in (tmp_path / "moue-loss.svg").read_text(encoding="utf-8")
    assert "交叉熵" in capsys.readouterr().out


def test_an_unknown_chapter_is_an_error_that_names_the_nearest(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("learn", "los") == 1
    assert "did you mean 'loss'" in capsys.readouterr().err


def test_the_picture_of_a_workspace_is_in_its_reports(workspace, capsys):
    assert call("learn", "loss", "-w", workspace.root) == 0
    assert (workspace.reports / "learn-loss.svg").exists()
