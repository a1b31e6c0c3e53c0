"""Labels of one's own, from folders to the model, the report and sorting by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.media.image import read_image
from moue.model.classifier import Classifier
from moue.workspace.layout import mouth_key
from moue.workspace.workspace import Workspace

SIX = ("none", "tongue", "舌头", "Zunge raus", "müde", "x2")


def pictures(folder, labels, each=10):
    """Label folders of noisy mouths whose brightness determines the label."""
    chance = np.random.default_rng(3)
    for place, label in enumerate(labels):
        for number in range(each):
            noise = chance.integers(-35, 36, (60, 60, 3))
            shade = 60 + 140 * place / (len(labels) - 1)
            picture = np.clip(shade + noise, 0, 255).astype(np.uint8)
            save(folder / label / f"{number}.png", picture)
    return folder


def call(*arguments):
    return main([str(a) for a in arguments])


def results(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("labels", [("tongue", "happy"), SIX], ids=["two", "six"])
def test_folder_names_become_labels_everywhere(tmp_path, capsys, labels):
    raw, place = pictures(tmp_path / "raw", labels), tmp_path / "w"
    train = ("run", raw, "-w", place, "--kind", "mouth", "--epochs", 1, "--json")
    assert call(*train, "--labels-from-folders") == 0
    label = next(one for one in results(capsys) if one["stage"] == "label")
    assert label["counts"] == dict.fromkeys(labels, 10)
    assert {row["label"] for row in label["tables"]["folders"]} == set(labels)

    run = place / "runs" / "001-fast"
    classifier = Classifier.load(run)
    assert sorted(classifier.spec.labels) == sorted(labels)
    crop = read_image(next((place / "mouths").rglob("*.png")))
    assert classifier.probabilities([crop]).shape == (1, len(labels))
    page = (place / "reports" / "001-fast.html").read_text(encoding="utf-8")
    assert all(name in page for name in labels)
    assert {p.name for p in (place / "dataset" / "train").iterdir()} == set(labels)

    assert call(*train) == 0  # moue.toml has the labels now: the same run, nothing new
    assert next(one for one in results(capsys) if one["stage"] == "train")["done"] == 0
    assert call("label", "--to-folders", "-w", place) == 0
    assert {p.name for p in (place / "sorting").iterdir() if p.is_dir()} == {
        *labels, "unsorted", "dropped",
    }  # fmt: skip


def test_unknown_folders_suggest_the_flag_that_accepts_them(tmp_path, capsys):
    raw, place = pictures(tmp_path / "raw", ("tongue", "happy"), 2), tmp_path / "w"
    assert call("run", raw, "-w", place, "--kind", "mouth") == 1
    out, err = capsys.readouterr()
    assert (
        "folder names match no label: raw/happy (2), raw/tongue (2); the labels are none, pout"
        in out
    )
    assert "4 of 4 mouths have no label" in out
    assert "Traceback" not in err
    assert call("label", "-w", place, "--labels-from-folders") == 0
    out, err = capsys.readouterr()
    assert "happy 2, tongue 2" in out
    assert "labels from class folders: happy (2), tongue (2); saved in" in err


def test_a_label_list_in_the_settings_is_kept(tmp_path, capsys):
    raw, place = pictures(tmp_path / "raw", ("tongue", "happy"), 1), tmp_path / "w"
    assert call("collect", raw, "-w", place) == 0
    settings = 'labels = ["tongue", "sad"]\n\n[clean]\nmin_main_face = 50\n'
    (place / "moue.toml").write_text(settings)
    capsys.readouterr()
    assert call("label", "-w", place, "--labels-from-folders") == 1
    assert "lists the labels tongue, sad, but the class folders are" in capsys.readouterr().err
    assert (place / "moue.toml").read_text() == settings


def test_split_and_train_refuse_a_removed_label(tmp_path, capsys):
    raw, place = pictures(tmp_path / "raw", ("smile", "open"), 4), tmp_path / "w"
    collect = ("collect", raw, "-w", place, "--kind", "mouth")
    for command in (collect, *((s, "-w", place) for s in ("convert", "clean", "dedupe", "crop"))):
        assert call(*command) == 0
    table = "file,label\n" + "".join(f"raw/open/{n}.png,open\n" for n in range(4))
    (tmp_path / "labels.csv").write_text(table)
    assert call("label", "-w", place, "--csv", tmp_path / "labels.csv") == 0
    (place / "moue.toml").write_text('labels = ["smile", "tongue"]\n')
    capsys.readouterr()
    assert call("label", "-w", place) == 0
    assert "open 4" in capsys.readouterr().out
    for command in ("split", "train"):
        assert call(command, "-w", place) == 1
        assert "moue.toml does not list: open (4)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('labels = "smile"\n', "labels is not a list"),
        ('[clean]\nlabels = ["a", "b"]\n', r"move the line labels = ... out of \[clean\]"),
        ("labels = [1, 2]\n", "is not a string"),
        ('labels = ["a"]\n', "has 1 names"),
    ],
)
def test_an_unreadable_label_list_is_a_one_line_error(tmp_path, capsys, text, words):
    assert call("init", "-w", tmp_path / "w") == 0
    (tmp_path / "w" / "moue.toml").write_text(text)
    assert call("label", "-w", tmp_path / "w") == 1
    assert words.replace("\\", "") in capsys.readouterr().err


def test_label_errors_come_from_a_run_not_trained_on_them(tmp_path, capsys):
    raw, place = pictures(tmp_path / "raw", ("tongue", "happy"), 24), tmp_path / "w"
    assert (
        call("run", raw, "-w", place, "--kind", "mouth", "--epochs", 6, "--labels-from-folders",
             "--json") == 0
    )  # fmt: skip
    capsys.readouterr()
    with Workspace(place).locked() as (catalog, _):
        unseen = list(catalog.mouths("split <> 'train' AND label = 'tongue'"))
        wrong = unseen[0].name
        catalog.update_mouth(wrong, label="happy", label_by="user")
        outside = sum(1 for _ in catalog.mouths("split <> 'train'"))
        trained = sum(1 for _ in catalog.mouths(split="train"))
    assert call("label", "--check", "-w", place, "--json") == 0
    (found,) = results(capsys)
    assert found["counts"] == {"likely wrong": 1, "checked": outside, "not checked": trained}
    (suspect,) = found["result"]["suspects"]
    assert suspect["file"] == mouth_key(wrong)
    assert (suspect["label"], suspect["model_label"]) == ("happy", "tongue")
    assert any("001-fast, which was not trained on them" in note for note in found["notes"])
    assert any("were not checked" in note for note in found["notes"])
    assert (place / "reports" / "label-check.jpg").exists()
