from __future__ import annotations

import pytest

from moue.errors import ConfigError
from moue.workspace.label_set import ALIASES, DEFAULT, LabelSet, folded
from moue.workspace.types import LABELS


def test_numbers_names_and_aliases_mean_a_label():
    assert [DEFAULT.find(str(i)) for i in range(4)] == list(LABELS)
    assert [DEFAULT.find(name.upper()) for name in LABELS] == list(LABELS)
    assert {DEFAULT.find(text) for text in (" Open_Mouth ", "open-mouth", "OpenMouth")} == {"open"}
    assert DEFAULT.find("ｓｍｉｌｅ") == "smile"
    assert {DEFAULT.find(text) for text in ("4", "", "smiles", "-1", "01", "２")} == {None}
    assert set(ALIASES.values()) <= set(LABELS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Smiles", "smile"),
        ("3_open", "open"),
        ("张嘴", "open"),
        ("pouts", "pout"),
        ("opne", "open"),
    ],
)
def test_a_similar_label_is_suggested_and_never_used(text, label):
    assert DEFAULT.find(text) is None
    assert DEFAULT.suggest(text) == label


def test_an_unlike_name_suggests_no_label():
    assert {DEFAULT.suggest(text) for text in ("surprised", "anna", "2024", "", "大")} == {None}


def test_own_labels_replace_the_default_labels():
    labels = LabelSet.of(["none", "Zunge-raus", "舌头"], "moue.toml")
    assert labels.find("zunge raus") == "Zunge-raus"
    assert labels.find("舌头") == "舌头"
    assert labels.find("2") == "舌头"
    assert labels.find("Neutral") == "none"
    assert {labels.find(text) for text in ("smile", "smiling", "3", "张嘴")} == {None}
    assert labels.suggest("张嘴") is None


def test_numeric_label_names_are_not_label_numbers():
    labels = LabelSet.of(["1", "2", "3"], "moue.toml")
    assert [labels.find(text) for text in "0123"] == [None, "1", "2", "3"]
    assert labels.words == "1, 2, 3"


def test_composed_and_decomposed_names_are_equal():
    labels = LabelSet.of(["müde", "wach"], "moue.toml")
    assert labels.names[0] == "müde"
    assert labels.find("Mu\u0308de") == "müde"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["smile"], "has 1"),
        ([], "has 0"),
        (["a", "A"], "differ only in case"),
        (["open mouth", "open_mouth"], "differ only in case"),
        (["a", 3], "not a string"),
        (["a", "x/y"], "valid folder name"),
        (["a", ""], "valid folder name"),
        (["a", " b"], "valid folder name"),
        (["a", ".."], "valid folder name"),
        (["a", "CON"], "valid folder name"),
        (["a", "b\x1b[31m"], "valid folder name"),
        (["a", "x" * 200], "valid folder name"),
        (["a", "dropped"], "moue reserves"),
        (["a", "Maybe-smile"], "moue reserves"),
        (["a", "no_label"], "moue reserves"),
    ],
)
def test_an_invalid_label_list_error_names_its_file(names, words):
    with pytest.raises(ConfigError, match=rf"moue\.toml: .*{words}"):
        LabelSet.of(names, "moue.toml")


def test_folding_keeps_different_names_different():
    assert len({folded(name) for name in ("open", "opén", "open2", "開")}) == 4
