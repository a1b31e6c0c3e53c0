"""Numbers, text and axes of the report."""

from __future__ import annotations

import math

import numpy as np
import pytest
from markupsafe import Markup

from moue.evaluation.report.charts import Axis, scale_start, ticks
from moue.evaluation.report.formatting import (
    along,
    counted,
    data_uri,
    decimal,
    duration,
    percent,
    percents,
    short,
    shown,
    shown_in_chinese,
    signed,
)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_a_missing_or_infinite_value_is_never_shown(value):
    with pytest.raises(ValueError, match="a value of the report is"):
        shown(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.001, "0"), (100.0, "100"), (1.5, "1.5"), (2.0049, "2"), (np.float64(2), "2")],
)
def test_coordinates_are_short(value, text):
    assert shown(value) == text


def test_text_is_made_printable_and_markup_stays():
    assert shown("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\u202eb\n"
    markup = Markup("<b>\u202e</b>")
    assert shown(markup) is markup
    assert shown(12) == 12


def test_a_missing_score_is_a_dash():
    assert percent(None) == percents(None) == decimal(None) == "–"


def test_a_count_has_separators():
    assert counted(1234) == "1,234"


def test_a_percentage_in_chinese_has_no_space():
    assert shown_in_chinese(percent(0.935)) == "93.5%"
    assert shown_in_chinese(12) == 12


def test_differences_have_a_sign():
    assert signed(-1234) == "−1,234"
    assert signed(0.125, 2) == "+0.12"
    assert short(-90) == "−90"
    assert short(812.0) == "812"


@pytest.mark.parametrize(("seconds", "text"), [(0.25, "0.25 s"), (9, "9 s"), (76, "1 min 16 s")])
def test_durations_are_in_minutes_and_seconds(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 1.7, [0, 0.5, 1, 1.5]),
        (1, 40, [10, 20, 30, 40]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


def test_an_axis_clips_values_outside():
    axis = Axis(0, 2, 10, 20)
    assert [axis.at(value) for value in (-1, 0, 1, 2, 5)] == [10, 10, 15, 20, 20]


def test_an_axis_of_one_value_is_centred():
    assert Axis(1, 1, 0, 10).at(1) == 5


def test_a_scale_starts_below_all_intervals():
    assert scale_start([(0.57, 0.8), None, (0.61, 0.9)]) == 0.5
    assert scale_start([(0.99, 1.0)]) == 0.9
    assert scale_start([]) == 0
    assert along(0.75, 0.5) == 50
    assert along(0.4, 0.5) == 0


def test_a_picture_is_a_small_jpeg_in_the_page():
    uri = data_uri(np.zeros((400, 300, 3), np.uint8))
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < len(data_uri(np.zeros((400, 300, 3), np.uint8), 400))
