"""The whole page: well made, complete in itself, safe, and true to its data."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from markupsafe import escape

from moue.evaluation.comparison import Disagreement
from moue.evaluation.report.page import render
from report_pages import DEGENERATE, Reader


@pytest.fixture(params=DEGENERATE.values(), ids=DEGENERATE)
def degenerate(request, make):
    return make(**request.param)


def test_the_page_is_balanced_html(make):
    Reader(render(make()))


def test_degenerate_data_gives_balanced_html_without_nan(degenerate):
    page = Reader(render(degenerate))
    assert not re.search(r"\b(nan|inf|None)\b", page.words)
    assert not [v for v in page.values("d", "x", "y", "cx", "cy", "style", "height") if "n" in v
                and re.search(r"nan|inf|None", v)]  # fmt: skip


def test_the_page_loads_nothing(make):
    text = render(make())
    page = Reader(text)
    assert all(value.startswith(("#", "data:")) for value in page.values("href", "src"))
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_every_link_in_the_page_has_a_target(make):
    page = Reader(render(make()))
    links = [value for value in page.values("href") if not value.startswith("data:")]
    assert {value[1:] for value in links} <= set(page.values("id"))
    assert len(links) > 10


def test_every_picture_has_a_text_alternative(make):
    page = Reader(render(make()))
    images = sum(key == "src" for _, key, _ in page.attributes)
    alts = [value for tag, key, value in page.attributes if tag == "img" and key == "alt"]
    assert images == len(alts) > 30
    assert all(alts)
    assert page.values("role").count("img") == len(
        [v for t, k, v in page.attributes if k == "aria-label" and t in ("svg", "span") and v]
    )


def test_a_hostile_name_is_shown_as_text(make):
    hostile = "<script>alert('x')</script>\" onload=\"x"
    data = make()
    a_slice = next(iter(data.evaluation.slices["origin"].values()))
    mistake = dataclasses.replace(data.evaluation.mistakes[0], name=hostile)
    evaluation = dataclasses.replace(
        data.evaluation,
        mistakes=(mistake,),
        slices={hostile: {hostile: a_slice, "other": a_slice}},
    )
    picture = np.zeros((8, 8, 3), np.uint8)
    text = render(
        dataclasses.replace(
            data,
            run=hostile,
            evaluation=evaluation,
            crops={hostile: picture},
            comparison=dataclasses.replace(
                data.comparison,
                models=(hostile, hostile),
                only_first=(Disagreement(name=hostile, label="none", first="none", second="x"),),
            ),
            dropped=[dataclasses.replace(data.dropped[0], pictures=[(picture, hostile)])],
            settings={hostile: hostile},
            commands=[hostile],
            funnel=[(hostile, 3)],
            leakage=dataclasses.replace(
                data.leakage, nearest_pairs=((hostile, hostile, "train", "test", 1),)
            ),
        )
    )
    assert "<script" not in text
    assert not [key for _, key, _ in Reader(text).attributes if key.startswith("on")]
    assert text.count(escape(hostile)) >= 15


def test_chinese_names_are_unchanged(make):
    text = render(make())
    assert "照片_041" in text
    assert 'charset="utf-8"' in text


def test_the_same_data_gives_the_same_bytes(make):
    assert render(make()) == render(make())


def test_every_number_comes_from_the_data(make):
    """With every number changed, no number of three digits or with a point is left the same."""
    one = make(crops={})
    other = make(
        crops={},
        run="007-classic", created="2031-01-07", version="9.8.7", best=2, epochs=one.epochs[:3],
        support={"none": 41, "pout": 43, "smile": 53, "open": 59}, settings={}, environment={},
        funnel=[("collected", 8111)], dropped=(), commands=(),
        leakage=dataclasses.replace(
                one.leakage, nearest_pairs=(), shuffle_divided=7.7, groups=4321, links={},
                shared_stems=(), shared_stem_count=0,
            ),
        # The severities of corruptions and the names of both models are the same.
        robustness=(), corrupted=(), comparison=None,
    )  # fmt: skip
    first, second = (
        set(re.findall(r"\d[\d,]*\.\d+|\d{3,}", Reader(render(data)).words))
        for data in (one, other)
    )
    # Ticks of the axes, and scores that agree by chance.
    assert len(first & second) <= 10, first & second
    assert len(first) > 100


def test_sections_without_data_are_left_out(make):
    page = Reader(render(make(**DEGENERATE["nothing but the evaluation"])))
    assert {"labels", "confusion", "calibration"} <= set(page.values("id"))
    assert not {"training", "data", "reproduce", "examples", "robustness", "comparison"} & set(
        page.values("id")
    )


def _lights() -> list[dict[str, str]]:
    from importlib.resources import files

    css = files("moue.evaluation.report").joinpath("templates", "style.css").read_text("utf-8")
    found = [dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in css.split(":root")[1:3]]
    return [found[0], found[1]]


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, two: str) -> float:
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


def _mixed(over: str, under: str, share: float) -> str:
    pairs = [(int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", _lights(), ids=["light", "dark"])
def test_text_has_contrast_in_both_themes(theme):
    for text in ("ink", "soft"):
        for ground in ("paper", "raised"):
            assert _contrast(theme[text], theme[ground]) >= 4.5
    for heat in ("right", "wrong"):
        assert _contrast(theme["ink"], _mixed(theme[heat], theme["raised"], 0.62)) >= 4.5
    assert _contrast(theme["note"], theme["paper"]) >= 3
    assert _contrast(theme["fill"], theme["paper"]) >= 3
