from __future__ import annotations

import tomllib

import pytest

from moue.config import SECTIONS, Config, template
from moue.dataset.clean import CleanSettings
from moue.dataset.split import SplitSettings
from moue.errors import ConfigError
from moue.settings import fields


def written(tmp_path, text):
    path = tmp_path / "moue.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_flag_overrides_the_file_and_the_file_the_default(tmp_path):
    config = Config.load(written(tmp_path, "[clean]\nmin-main-face = 50\nmin_sharpness = 0.5\n"))
    settings = config.get(CleanSettings, min_sharpness=0.7)
    assert (settings.min_main_face, settings.min_sharpness) == (50, 0.7)
    assert settings.max_shadow == CleanSettings().max_shadow


def test_a_missing_file_sets_nothing(tmp_path):
    assert Config.load(tmp_path / "moue.toml").get(SplitSettings) == SplitSettings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[clena]\n", r"did you mean \[clean\]"),
        ("min_main_face = 3\n", r"'min_main_face' is outside any section; write \[clean\]"),
        ("split = 3\n", r"write \[split\] once"),
        ("[[split]]\nseed = 1\n", r"write \[split\] once"),
        ("workers = 2\n", r"'workers' is outside any section"),
        ("[clean]\nmin_mian_face = 3\n", "did you mean min_main_face"),
        ("[clean]\nmin_main_face = 'x'\n", "not a whole number"),
        ("[clean\n", "not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words) as caught:
        Config.load(written(tmp_path, text))
    assert "moue.toml" in str(caught.value)


def test_a_byte_order_mark_is_accepted(tmp_path):
    file = written(tmp_path, "\ufeff[split]\nseed = 3\n")
    assert Config.load(file).get(SplitSettings).seed == 3


def test_values_can_be_given_as_text(tmp_path):
    config = Config.load(tmp_path / "none").with_values(
        {"clean.min_main_face": "64", "split.ratio": "9:1", "clean.dry-run": "true"}
    )
    assert config.get(CleanSettings).min_main_face == 64
    assert config.get(CleanSettings).dry_run
    assert config.get(SplitSettings).ratio == "9:1"
    with pytest.raises(ConfigError, match=r"section\.setting"):
        config.with_values({"min_main_face": "3"})


def test_the_template_names_every_setting_and_changes_none(tmp_path):
    text = template()
    for settings in SECTIONS.values():
        for field in fields(settings):
            assert (f"# {field.name} = " in text) is not field.setting.once
    config = Config.load(written(tmp_path, text))
    assert all(config.get(settings) == settings() for settings in SECTIONS.values())


@pytest.mark.parametrize("line", ["dry_run = true", "dry-run = false", "sheets = false"])
def test_an_action_is_refused_in_the_file(tmp_path, line):
    with pytest.raises(ConfigError, match=r"applies to one call only; .*`moue clean`") as caught:
        Config.load(written(tmp_path, f"[clean]\n{line}\n"))
    assert "moue.toml [clean]" in str(caught.value)


def test_no_section_accepts_an_action_in_the_file(tmp_path):
    actions = [(s, f) for s, cls in SECTIONS.items() for f in fields(cls) if f.setting.once]
    assert {field.name for _, field in actions} >= {"dry_run", "resplit", "annotate"}
    for section, field in actions:
        value = {int: "1", str: chr(34) + "net.py:Net" + chr(34)}.get(field.type, "true")
        value = f'"{field.choices[0]}"' if field.choices else value
        with pytest.raises(ConfigError, match=f"{field.name} applies to one call only"):
            Config.load(written(tmp_path, f"[{section}]\n{field.name} = {value}\n"))


def test_every_line_of_the_template_is_valid_when_uncommented(tmp_path):
    lines = template().splitlines()[2:]
    lines[0] = lines[0].partition("  #")[0]
    kept = [line.removeprefix("# ") for line in lines if ' = ""' not in line]
    config = Config.load(written(tmp_path, "\n".join(kept)))
    assert tomllib.loads("\n".join(kept)).keys() == {"labels", *SECTIONS}
    assert all(config.get(settings) == settings() for settings in SECTIONS.values())
