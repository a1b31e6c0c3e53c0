from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from moue.errors import ConfigError
from moue.settings import Setting, build, fields, fingerprint


@dataclass(frozen=True, kw_only=True)
class Oven:
    heat: Annotated[int, Setting("degrees", low=0, high=300)] = 180
    share: Annotated[float, Setting("of the tray", low=0)] = 0.5
    mode: Annotated[Literal["top", "fan"], Setting("where heat comes from")] = "fan"
    light: Annotated[bool, Setting("switched on")] = False
    timer: Annotated[int | None, Setting("minutes", low=1)] = None


def test_a_field_carries_its_help_range_choices_and_flag():
    heat, _, mode, _, timer = fields(Oven)
    assert (heat.flag, heat.type, heat.default, heat.setting.high) == ("--heat", int, 180, 300)
    assert mode.choices == ("top", "fan")
    assert timer.optional
    assert timer.type is int


def test_dashes_and_integers_are_accepted():
    oven = build(Oven, {"heat": 200, "share": 1}, "here")
    assert oven == Oven(heat=200, share=1.0)
    assert isinstance(oven.share, float)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"haet": 1}, "did you mean heat?"),
        ({"heat": "hot"}, "is not a whole number"),
        ({"heat": True}, "is not a whole number"),
        ({"heat": 301}, "from 0 to 300"),
        ({"share": -0.1}, "at least 0"),
        ({"mode": "grill"}, "not one of top, fan"),
        ({"light": 1}, "true or false"),
        ({"timer": 0}, "at least 1"),
    ],
)
def test_an_invalid_value_error_names_file_and_setting(values, words):
    with pytest.raises(ConfigError, match=words) as caught:
        build(Oven, values, "moue.toml [oven]")
    assert "moue.toml [oven]" in str(caught.value)


def test_a_fingerprint_changes_only_with_the_settings():
    assert fingerprint(Oven()) == fingerprint(Oven())
    prints = {fingerprint(Oven()), fingerprint(Oven(heat=1)), fingerprint(Oven(), "more")}
    assert len(prints) == 3
