"""Settings given to one command hold for later ones, until they are forgotten."""

import json
import shutil
from importlib.resources import files

import pytest

from moue.cli import main
from moue.errors import CatalogError
from moue.workspace.kept_settings import forget_kept, keep, kept
from moue.workspace.workspace import Workspace

PICTURES = sorted((files("moue") / "demo" / "pictures").glob("*.jpg"))[::40][:3]


def call(place, command, *arguments):
    return main([command, "-w", str(place), *map(str, arguments)])


def used(place):
    with Workspace(place).reading() as catalog:
        return {one.name for one in catalog.samples("dropped IS NULL")}


def values(place):
    with Workspace(place).reading() as catalog:
        return {f"{one.section}.{one.name}": one.value for one in kept(catalog)}


@pytest.fixture
def made(tmp_path):
    """A workspace of pictures, made by commands."""
    raw, root = tmp_path / "raw", tmp_path / "w"
    raw.mkdir()
    for path in PICTURES:
        shutil.copy(path, raw)
    assert main(["collect", str(raw), "-w", str(root)]) == 0
    assert call(root, "convert") == 0
    return root


def test_a_flag_is_kept_for_the_next_call_with_a_note(made, capsys):
    assert call(made, "clean", "--min-main-face", 2000) == 0
    assert used(made) == set()
    capsys.readouterr()
    assert call(made, "clean") == 0
    assert used(made) == set()
    said = capsys.readouterr().err
    assert "min_main_face 2000, set on " in said
    assert "by `moue clean`" in said
    assert call(made, "clean", "--min-main-face", 30) == 0
    assert len(used(made)) == len(PICTURES)
    assert "2000" not in capsys.readouterr().err


def test_reset_discards_kept_settings(made, capsys):
    assert call(made, "clean", "--min-main-face", 2000) == 0
    assert call(made, "clean", "--reset") == 0
    assert values(made) == {}
    assert len(used(made)) == len(PICTURES)
    assert call(made, "clean", "--reset", "--min-main-face", 30) == 0
    assert values(made) == {"clean.min_main_face": 30}


def test_clean_reports_changes_without_measuring(made, capsys):
    assert call(made, "clean") == 0
    capsys.readouterr()
    assert call(made, "clean", "--min-main-face", 2000) == 0
    told = capsys.readouterr().out
    assert "nothing new" not in told
    assert call(made, "clean") == 0
    assert "nothing new" in capsys.readouterr().out


def test_a_backend_given_to_clean_applies_to_crop(made):
    assert call(made, "clean", "--backend", "haar") == 0
    assert call(made, "crop") == 0
    with Workspace(made).reading() as catalog:
        assert {mouth.backend for mouth in catalog.mouths()} == {"haar"}


def test_dry_runs_and_one_call_flags_are_not_kept(made):
    assert call(made, "clean", "--min-main-face", 2000, "--dry-run") == 0
    assert call(made, "crop", "--annotate") == 0
    assert values(made) == {}
    assert call(made, "clean", "--no-sheets") == 0
    assert values(made) == {}


def test_settings_by_name_are_kept_like_flags(made):
    assert (
        call(made, "clean", "--set", "clean.min-main-face=31", "--set", "live.time-constant=2") == 0
    )
    assert values(made) == {"clean.min_main_face": 31}


def test_kept_settings_override_the_file_and_flags_both(made, capsys):
    (made / "moue.toml").write_text("[clean]\nmin_main_face = 2000\n")
    assert call(made, "clean", "--min-main-face", 30) == 0
    assert call(made, "clean") == 0
    assert len(used(made)) == len(PICTURES)
    assert call(made, "clean", "--reset") == 0
    assert used(made) == set()


def test_info_lists_kept_settings(made, capsys):
    assert call(made, "clean", "--min-main-face", 33) == 0
    capsys.readouterr()
    assert call(made, "info", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["saved_settings"]
    assert told.startswith("min_main_face 33, set on")


def test_a_new_recipe_discards_settings_of_the_old_one(made):
    assert call(made, "train", "--epochs", 3) == 1  # there is nothing to train on yet
    assert values(made) == {"train.epochs": 3}
    assert call(made, "train", "--recipe", "classic") == 1
    assert values(made) == {"train.recipe": "classic"}


def test_reset_repairs_a_damaged_kept_setting(made, capsys):
    with Workspace(made).locked() as (catalog, _):
        keep(catalog, "clean", {"min_main_face": "huge"}, "clean")
    assert call(made, "clean") == 1
    assert "--reset" in capsys.readouterr().err
    assert call(made, "clean", "--reset") == 0


def test_text_that_is_not_json_is_a_catalog_error(catalog):
    catalog.execute("INSERT INTO kept VALUES ('clean', 'x', '{', 'clean', '2026')")
    with pytest.raises(CatalogError, match="--reset"):
        kept(catalog)
    assert forget_kept(catalog) == 1
    assert kept(catalog) == []
