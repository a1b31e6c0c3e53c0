"""The faults of the tutorial happen when its code runs, and not in moue."""

import re
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from moue.cli import main
from moue.errors import ConfigError
from moue.learn.faults import FAULTS, clamped_crop, deleted_originals, first_face, show_fault
from moue.learn.faults.fault import Sentence
from moue.learn.source import Source
from moue.media.image import read_image

SOURCE = Source.bundled()


@pytest.fixture(scope="module")
def shown():
    cache = {}

    def show(name):
        if name == "unstable-training":
            pytest.importorskip("torch")
        if name not in cache:
            cache[name] = show_fault(name)
        return cache[name]

    return show


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_both_languages_tell_the_same_numbers(shown, name):
    fault = shown(name)
    assert fault.name == name
    english, chinese = fault.lines("en"), fault.lines("zh")
    assert len(english) == len(chinese) >= 4
    for sentence in (fault.title, *fault.told):
        assert placeholders(sentence.en) == placeholders(sentence.zh)
    assert all(re.search("[一-鿿]", line) for line in chinese)
    assert not any(re.search("[一-鿿]", line) for line in english)


def placeholders(text):
    return sorted(re.findall(r"{[^}]*}", text))


@pytest.mark.parametrize("name", ["first-face", "clamped-crop"])
def test_a_picture_shows_the_fault(shown, name):
    picture = shown(name).picture
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert picture.std() > 10


def test_originals_are_lost_by_the_tutorial_and_kept_by_moue(shown):
    numbers = shown("deleted-originals").numbers
    assert numbers["left"] < numbers["files"]
    assert numbers["unchanged"] == 0
    assert {"notes.txt", "page.jpg", "c.png", "a.gif"} <= set(numbers["gone"])
    assert numbers["moue_unchanged"] == numbers["files"]
    assert numbers["moue_converted"] == 7
    assert sum(numbers["moue_dropped"].values()) == 3


def test_the_loop_of_the_tutorial_leaves_one_of_two_files_with_one_new_name(tmp_path):
    place = tmp_path / "in"
    deleted_originals.write_mixed_folder(SOURCE, place)
    deleted_originals.unify_in_place(place)
    names = {path.name for path in place.rglob("*") if path.is_file()}
    assert names == {"a.jpg", "b.jpg", "whole.jpg", "inside.jpg"}


def test_the_first_face_is_not_the_main_face(shown):
    numbers = shown("first-face").numbers
    assert numbers["photos"] >= 4
    assert numbers["first_is_not_main"] >= numbers["photos"] / 2
    assert numbers["moue_main"] == numbers["photos"]


def test_the_number_of_threads_is_restored():
    before = cv2.getNumThreads()
    first_face.first_faces(first_face.group_photo(SOURCE, 0), before + 1)
    assert cv2.getNumThreads() == before


def test_the_mouth_leaves_the_centre_of_the_clamped_crop(shown):
    numbers = shown("clamped-crop").numbers
    assert numbers["offsets"] == sorted(numbers["offsets"])
    assert numbers["offsets"][-1] > 0.3
    height, width = numbers["close_up_shape"][:2]
    assert height != width
    assert 0 in numbers["copy_shape"]


def test_far_from_the_border_the_square_of_the_tutorial_is_centred():
    lips = np.array([100, 120, 160, 150], np.float32)
    assert clamped_crop.tutorial_square(lips, 400, 400) == (85, 90, 90)


@pytest.mark.slow
def test_training_at_a_rate_of_0_1_is_less_stable_than_at_0_01(shown):
    numbers = shown("unstable-training").numbers
    assert numbers["rise_0.1"] > 2 * numbers["rise_0.01"]
    spread = {rate: numbers[f"highest_{rate}"] - numbers[f"lowest_{rate}"] for rate in (0.1, 0.01)}
    assert spread[0.1] > spread[0.01]
    assert len(numbers["curves"]["0.1"]) == 3


def test_a_split_by_files_flatters(shown):
    numbers = shown("split-by-files").numbers
    assert numbers["shared"] > 0.95
    assert numbers["by_file"] > 0.97
    assert numbers["by_person"] < numbers["by_file"] - 0.1


def test_the_faults_do_not_touch_the_pictures_of_the_source(shown, tmp_path):
    copies = [shutil.copy(SOURCE.picture(None, n).path, tmp_path) for n in range(4)]
    before = [read_image(SOURCE.picture(None, n).path).tobytes() for n in range(4)]
    deleted_originals.show(SOURCE, tmp_path / "work")
    assert [read_image(SOURCE.picture(None, n).path).tobytes() for n in range(4)] == before
    assert all(cv2.imread(copy) is not None for copy in copies)


def test_an_unknown_fault_is_an_error_that_lists_all():
    with pytest.raises(ConfigError, match="clamped-crop"):
        show_fault("other")


def test_the_module_prints_a_fault_in_chinese():
    command = [sys.executable, "-m", "moue.learn.faults", "clamped-crop", "zh"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.startswith("错误：")
    assert done.stderr == ""


def test_the_command_prints_the_fault_and_writes_its_picture(tmp_path, capsys):
    arguments = ["learn", "--fault", "clamped-crop", "--picture", str(tmp_path / "a.png")]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Fault: at the border")
    assert read_image(tmp_path / "a.png").shape == (320, 640, 3)
    assert main(arguments) == 1  # the file exists
    assert "--overwrite" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0


def test_a_fault_without_a_picture_says_so(tmp_path, capsys):
    target = tmp_path / "a.png"
    assert main(["learn", "--fault", "split-by-files", "--picture", str(target)]) == 0
    assert "has no picture" in capsys.readouterr().err
    assert not target.exists()
    assert main(["learn", "--picture", str(target)]) == 2


def test_a_chapter_is_printed_as_text(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # the command also writes a picture
    assert main(["learn", "loss", "--text"]) == 0
    assert "loss" in capsys.readouterr().out.lower()


def test_a_sentence_has_its_values_in_both_languages():
    sentence = Sentence("{n} files", "{n} 个文件", {"n": 3})
    assert (sentence.text("en"), sentence.text("zh")) == ("3 files", "3 个文件")
