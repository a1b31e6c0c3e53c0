"""Commands that fill the data set, killed at any change of a file, end by the same call."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands import call, differences, is_killed
from moue.demo.raw_folder import make_raw_folder

pytestmark = pytest.mark.slow

KILLS = (1, 2, 5, 11, 23, 47)
HAAR = ("--backend", "haar")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with copies and crops, and the raw folder."""
    raw = make_raw_folder(tmp_path_factory.mktemp("demo") / "raw", count=8)
    place = tmp_path_factory.mktemp("w") / "w"
    for stage in (("collect", raw, "--copy"), ("convert",), ("clean", *HAAR), ("dedupe",),
                  ("crop", *HAAR), ("label",)):  # fmt: skip
        assert call(*stage, "-w", place) == 0
    return place, raw


@pytest.fixture(scope="module")
def sorted_by_hand(place, tmp_path_factory):
    """The same with `sorting/`, in which some crops were moved."""
    here = tmp_path_factory.mktemp("sorted") / "w"
    shutil.copytree(place[0], here)
    assert call("label", "--to-folders", "-w", here) == 0
    for crop in sorted((here / "sorting").glob("*/*_mouth.png"))[:3]:
        crop.rename(here / "sorting" / "dropped" / crop.name)
    return here


@pytest.mark.parametrize(
    ("base", "command", "kills"),
    [
        ("nothing", ("collect", "RAW", "--copy"), KILLS[:5]),
        ("place", ("convert", "--quality", "80", "--workers", "1"), KILLS[:4]),
        ("place", ("clean", *HAAR, "--min-main-face", "150", "--workers", "1"), KILLS[:3]),
        ("place", ("dedupe", "--radius", "12"), KILLS[:1]),
        ("place", ("crop", *HAAR, "--crop-scale", "1.3", "--workers", "1"), KILLS[:4]),
        ("place", ("crop", *HAAR, "--annotate", "--workers", "1"), KILLS[:4]),
        ("place", ("people", "--workers", "1"), (5,)),
        ("place", ("split",), KILLS[:4]),
        ("place", ("label", "--to-folders"), KILLS[:5]),
        ("sorted_by_hand", ("label", "--from-folders"), KILLS[:1]),
        ("sorted_by_hand", ("forget", "--source", "RAW", "--yes"), KILLS[:5]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else str(value),
)
def test_the_same_call_completes_a_killed_command(place, request, tmp_path, base, command, kills):
    if command[0] == "people":
        pytest.importorskip("dlib")
    raw = place[1]
    arguments = [raw if a == "RAW" else a for a in command]
    codes = (0, 1) if command[0] == "forget" else (0,)  # all may be forgotten already

    def fresh(name: str) -> Path:
        if base != "nothing":
            first = place[0] if base == "place" else request.getfixturevalue(base)
            shutil.copytree(first, tmp_path / name)
        return tmp_path / name

    assert call(*arguments, "-w", fresh("whole")) == 0
    for left in kills:
        here = fresh(f"{left}")
        assert is_killed(left, *arguments, "-w", here)
        assert call(*arguments, "-w", here) in codes
        assert differences(here, tmp_path / "whole") == []


def test_a_killed_web_collection_has_one_complete_sheet(tmp_path, site):
    urls = [site.picture(f"/{number}.jpg", number) for number in range(5)]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    arguments = ("collect", "urls", tmp_path / "urls.txt", "--allow-private", "--rate", "0",
                 "--max-connections", "1")  # fmt: skip
    whole = tmp_path / "whole"
    assert call(*arguments, "-w", whole) == 0
    assert (whole / "reports" / "collect" / "new.jpg").exists()
    for left in (3, 7, 11, 15, 18):
        here = tmp_path / f"{left}"
        assert is_killed(left, *arguments, "-w", here)
        assert call(*arguments, "-w", here) == 0
        assert differences(here, whole) == []
