"""Crops that cannot be read are named, and copied once they are made again."""

from __future__ import annotations

import pytest

from commands import call

HAAR = ("--backend", "haar")


@pytest.mark.parametrize("damage", ["lost", "emptied", "cut short", "overwritten"])
def test_an_unreadable_crop_is_reported_and_not_sorted(raw_pictures, tmp_path, capsys, damage):
    place = tmp_path / "w"
    for command in (("collect", raw_pictures), ("convert",), ("clean", *HAAR), ("crop", *HAAR)):
        assert call(*command, "-w", place) == 0
    broken, whole = sorted((place / "mouths").rglob("*.png"))
    data = broken.read_bytes()
    if damage == "lost":
        broken.unlink()
    else:
        contents = {"emptied": b"", "cut short": data[:-400], "overwritten": bytes(len(data))}
        broken.write_bytes(contents[damage])
    sort = ("label", "--to-folders", "-w", place)
    assert call(*sort) == 0
    said = capsys.readouterr().out
    name = broken.name.removesuffix("_mouth.png")
    assert f"1 crops are missing or damaged and were not copied: {name}" in said
    assert whole.name not in said
    assert len(list((place / "sorting").glob("*/*.png"))) == 1
    broken.unlink(missing_ok=True)
    assert call("crop", *HAAR, "-w", place) == 0
    assert call(*sort) == 0
    assert "missing or damaged" not in capsys.readouterr().out
    copies = (place / "sorting").glob("*/*.png")
    assert {copy.read_bytes() for copy in copies} == {data, whole.read_bytes()}
