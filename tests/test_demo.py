from __future__ import annotations

import csv
from collections import Counter

import pytest

from commands import call
from moue.demo.raw_folder import demo_pictures, make_raw_folder
from moue.errors import ImageError
from moue.media.image import Picture
from moue.workspace.types import LABELS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return make_raw_folder(tmp_path_factory.mktemp("demo") / "raw")


def test_every_label_comes_from_every_source():
    kinds = Counter((p.label, p.origin) for p in demo_pictures())
    assert set(kinds) == {(label, origin) for label in LABELS for origin in ("3d", "gan")}
    assert min(kinds.values()) >= 10


def test_bundled_pictures_are_small_upright_rgb_jpegs():
    pictures = list(demo_pictures())
    assert all(Picture(p.path.read_bytes()).uniform for p in pictures)
    assert 100 <= len(pictures) <= 200
    assert sum(p.path.stat().st_size for p in pictures) < 10_000_000


def test_the_raw_folder_has_known_faults_and_equal_bytes(raw, tmp_path):
    first, second = raw, make_raw_folder(tmp_path / "second")
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert all((first / f).read_bytes() == (second / f).read_bytes() for f in files)
    formats, reasons, disguised = Counter(), Counter(), 0
    for file in files:
        try:
            format = Picture((first / file).read_bytes()).format
        except ImageError as error:
            reasons[error.reason] += 1
            continue
        formats[format] += 1
        named = {"JPG": "JPEG", "TIFF": "TIFF"}.get(
            file.suffix[1:].upper(), file.suffix[1:].upper()
        )
        disguised += named != format
    assert {"JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"} <= set(formats)
    assert {"empty", "not_an_image"} <= set(reasons)
    assert disguised > 5
    assert any("照片" in file.name for file in files)


def test_the_table_has_every_bundled_picture_once(raw):
    with (raw / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all((raw / row["file"]).exists() for row in rows)
    assert {row["person"] for row in rows} == {p.person for p in demo_pictures()}
    assert len({row["file"] for row in rows}) == len(rows)


def test_a_finished_raw_folder_is_unchanged(tmp_path):
    raw = make_raw_folder(tmp_path / "raw", count=8)
    (raw / "mixed" / "icon.png").unlink()
    make_raw_folder(raw, count=8)
    assert not (raw / "mixed" / "icon.png").exists()


def test_the_demo_says_that_its_faults_are_on_purpose(tmp_path, capsys):
    assert call("demo", tmp_path / "d", "--lang", "zh", "--epochs", 1, "--workers", 1) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert "故意" in first
    assert "d/raw" in first
