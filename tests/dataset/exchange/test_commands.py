"""The commands that export and collect data sets."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from commands import call
from full_disk import NO_LIMIT, full_disk
from labelled_workspace import DEFAULT, fill, opened
from moue.dataset.exchange.export_dataset import export_dataset
from moue.dataset.exchange.formats import FORMATS
from moue.files import is_part
from moue.progress import Progress
from moue.workspace.workspace import Workspace


@pytest.fixture
def work(tmp_path):
    with opened(tmp_path / "work") as context:
        fill(context)
    return tmp_path / "work"


@pytest.mark.parametrize("form", FORMATS)
def test_a_command_exports_the_data_set_and_another_collects_it(form, work, tmp_path, capsys):
    out = tmp_path / "out"
    assert call("export", "--dataset", form, "--out", out, "-w", work) == 0
    pictures = 5 if FORMATS[form].form == "crop" else 4
    assert f"{form} data set with {pictures} pictures and 5 mouths" in capsys.readouterr().out
    card = (out / "README.md").read_text()
    assert "CC BY 4.0: " in card
    assert "| train | " in card
    assert call("collect", out, "-w", tmp_path / "new") == 0
    assert f"{form} data set: {pictures} new pictures" in capsys.readouterr().out
    assert call("collect", out, "-w", tmp_path / "new") == 0
    assert f"0 new pictures, {pictures} known" in capsys.readouterr().out
    with Workspace(tmp_path / "new").reading() as catalog:
        assert catalog.count("mouths", "label")["smile"] == 2
    assert call("info", "-w", tmp_path / "new") == 0
    assert call("info", "-w", tmp_path / "new", "bo-33445566ccdd") == 0


def test_mouths_without_a_label_are_exported_on_request(work, tmp_path, capsys):
    out = tmp_path / "out"
    assert call("export", "--dataset", "yolo", "--out", out, "--unlabelled", "-w", work) == 0
    assert "5 pictures and 6 mouths" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--dataset", "yolo"], ["--out", "x"], ["--unlabelled"],
     ["--dataset", "yolo", "--out", "x", "--web", "y"],
     ["--dataset", "yolo", "--out", "x", "m.onnx"]],
)  # fmt: skip
def test_options_that_do_not_fit_are_refused(arguments, work, capsys):
    assert call("export", *arguments, "-w", work) == 2
    assert "--dataset" in capsys.readouterr().err


def test_a_workspace_without_labels_has_nothing_to_export(tmp_path, capsys):
    with opened(tmp_path / "empty"):
        pass
    out = tmp_path / "out"
    assert call("export", "--dataset", "coco", "--out", out, "-w", tmp_path / "empty") == 1
    assert "no mouth in use has a label" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_of_the_workspace_and_a_broken_link_are_not_exported_to(work, tmp_path, capsys):
    inside, link = work / "images" / "out", tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    assert call("export", "--dataset", "coco", "--out", inside, "-w", work) == 1
    assert "is part of the workspace" in capsys.readouterr().err
    assert not inside.exists()
    assert call("export", "--dataset", "coco", "--out", link, "-w", work) == 1
    assert "already exists" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("parquet", "is not a Parquet file, or is damaged; restore a copy"),
        ("huggingface", "is not a Parquet file, or is damaged; restore a copy"),
        ("webdataset", "is not a tar file, or is damaged; copy it again"),
        ("imagefolder", "is a file; name the folder that contains the class folders"),
        ("coco", "the JSON file is damaged"),
        ("label-studio", "the JSON file is damaged"),
        ("yolo", "the list `names` of the labels is missing"),
    ],
)
@pytest.mark.parametrize("content", ["", "hello"])
def test_a_file_of_another_kind_is_not_collected(form, words, content, tmp_path, capsys):
    source = tmp_path / "数据 一.txt"
    source.write_text(content)
    assert call("collect", source, "--dataset", form, "-w", tmp_path / "new") == 1
    assert f"moue: {source}" in (error := capsys.readouterr().err)
    assert words in error
    with Workspace(tmp_path / "new").reading() as catalog:
        assert catalog.count("samples", "origin") == {}


@NO_LIMIT
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_names_a_path_of_the_export(form, work, tmp_path, capsys):
    workspace, out = Workspace(work), tmp_path / "导 出"
    with workspace.reading() as catalog:
        assert catalog.count("mouths", "label")  # SQLite has created its files
        with full_disk(300), pytest.raises(OSError) as caught:
            export_dataset(workspace, catalog, DEFAULT, form, out, False, Progress())
    assert Path(caught.value.filename).is_relative_to(out)
    assert not [path for path in out.rglob("*") if is_part(path.name)]
    gc.collect()  # a file that is still open fails the test
    assert call("collect", out, "-w", tmp_path / "new") == 1
    assert "the export of this data set was interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change", [{"format": "zzz"}, {"format": [1]}, {"records": "x"}, {"labels": 5}, {"more": 1}]
)
def test_a_damaged_marker_is_refused(change, work, tmp_path, capsys):
    out = tmp_path / "out"
    assert call("export", "--dataset", "coco", "--out", out, "-w", work) == 0
    marker = out / "moue.dataset"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | change))
    assert call("collect", out, "-w", tmp_path / "new") == 1
    err = capsys.readouterr().err
    assert "unknown format" in err or "is damaged; export" in err


def test_a_folder_with_files_is_not_exported_to(work, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    assert call("export", "--dataset", "coco", "--out", tmp_path / "out", "-w", work) == 1
    assert "already exists and is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_picture_of_a_data_set_names_it_and_can_be_forgotten(work, tmp_path, capsys):
    assert call("export", "--dataset", "coco", "--out", tmp_path / "out", "-w", work) == 0
    assert call("collect", tmp_path / "out", "-w", tmp_path / "new") == 0
    assert call("info", "bo-33445566ccdd", "-w", tmp_path / "new") == 0
    assert "source in the data set: /raw/caf\\xe9/b,o.jpg" in capsys.readouterr().out
    assert call("info", "--sources", "-w", tmp_path / "new") == 0
    source = f"dataset:{tmp_path / 'out'}"
    assert f"{source}: 3 pictures" in capsys.readouterr().out
    assert call("forget", "--source", source, "--yes", "-w", tmp_path / "new") == 0
    with Workspace(tmp_path / "new").reading() as catalog:
        assert catalog.total() == 0
    originals = tmp_path / "new" / "originals"
    assert not [path for path in originals.rglob("*") if path.is_file()]
