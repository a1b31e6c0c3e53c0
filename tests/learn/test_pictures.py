"""The terminal prints the core of a chapter and writes its picture."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from commands import call
from moue.learn import course
from moue.learn.answers import Answers
from moue.learn.pictures import picture
from moue.learn.pictures.curves import curves
from moue.learn.source import Source, detect_main_face
from moue.media.image import Picture

SVG = "{http://www.w3.org/2000/svg}"
SLUGS = [name.partition("-")[2] for name in course.names()]
ANSWERS = Answers()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("slug", SLUGS)
def test_every_chapter_has_a_picture(slug, language):
    root = ElementTree.fromstring(picture(slug, "A & B", ANSWERS, language))
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == "A & B"
    texts = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert any("\u4e00" <= sign <= "\u9fff" for sign in texts) == (language == "zh")
    assert "nan" not in texts


@pytest.mark.parametrize("slug", SLUGS)
def test_everything_in_a_picture_lies_inside(slug):
    root = ElementTree.fromstring(picture(slug, "Title", ANSWERS, "en"))
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    for element in root.iter():
        if element.get("x") is not None:
            assert 0 <= float(element.get("x")) <= width, slug
            assert 0 <= float(element.get("y")) <= height, slug
        if element.tag in (f"{SVG}rect", f"{SVG}image") and element.get("x") is not None:
            assert float(element.get("x")) + float(element.get("width")) <= width + 1, slug


def test_a_picture_shows_the_numbers_of_its_figure():
    root = ElementTree.fromstring(picture("network", "T", ANSWERS, "en"))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"336", "2,616", "10,416", "1,441,200", "153,728", "516"} <= texts
    film = picture("pictures-video-camera", "T", ANSWERS, "en")
    assert all(count in film for count in ("25 changes", "9 changes", ">1 change<"))


def test_the_stored_faces_are_those_of_a_detection():
    source = Source.bundled()
    for shown in source.pictures[::60]:
        found = detect_main_face(Picture(shown.path.read_bytes()))
        for name in ("box", "lips", "mouth_box"):
            difference = getattr(source.face(shown), name) - getattr(found, name)
            assert abs(difference).max() <= 1.0, (shown.name, name)


def test_every_curve_has_its_name_and_stays_inside():
    svg = ElementTree.fromstring(curves("T", {"a": [0, 1, 2], "b": [2, 2, 2]}, "x", (0, 2)))
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a", "b", "x", "T"} <= set(texts)


def test_the_terminal_prints_the_core_and_writes_the_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("learn", "loss") == 0
    printed = capsys.readouterr().out
    assert "cross-entropy" in printed.lower()
    assert "picture: moue-loss.svg" in printed
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
    assert "picture: " in capsys.readouterr().out


def test_the_picture_goes_where_the_flag_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("learn", "loss", "--picture", "a.svg", "--lang", "zh") == 0
    assert "图片：a.svg" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    assert call("learn", "loss", "--picture", "a.svg") == 1
    assert call("learn", "loss", "--picture", "a.png") == 2
    assert call("learn", "--fault", "clamped-crop", "--picture", "b.svg") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
