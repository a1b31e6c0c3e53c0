"""What each part of the page says."""

from __future__ import annotations

import dataclasses
import math

import pytest

from moue.evaluation.metrics import Proportion
from moue.evaluation.report.axes import Axis, ticks
from moue.evaluation.report.calibration_section import reliability
from moue.evaluation.report.comparison_section import comparison
from moue.evaluation.report.confusion_section import by_label, confusion
from moue.evaluation.report.curves_section import training
from moue.evaluation.report.data_section import origins
from moue.evaluation.report.formatting import count, decimal, percent, percents
from moue.evaluation.report.gallery_section import mistakes
from moue.evaluation.report.header import cautions, headline, opening
from moue.evaluation.report.markup import Html, join, number, tag
from moue.evaluation.report.robustness_section import robustness
from moue.evaluation.report.slices_section import slices
from moue.evaluation.slices import Slice


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "a < b", tag("b", "&"), title='"') == (
        '<p title="&quot;">a &lt; b<b>&amp;</b></p>'
    )
    assert join(["<", Html("<br>")], ", ") == "&lt;, <br>"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_cannot_be_drawn(value):
    with pytest.raises(ValueError, match="cannot be drawn"):
        tag("circle", cx=value)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-0.001, "0"), (100, "100"), (1.5, "1.5"), (2.0049, "2")]
)
def test_coordinates_are_short(value, text):
    assert number(value) == text


def test_what_does_not_exist_is_a_dash():
    assert percent(None) == percents(None) == decimal(None) == "–"


def test_counts_take_the_noun_that_fits():
    assert count(1, "mouth") == "1 mouth"
    assert count(1234, "mouth") == "1,234 mouths"


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


def test_an_axis_of_one_value_draws_it_in_the_middle():
    assert Axis(1, 1, 0, 10).at(1) == 5


def test_the_test_set_is_called_unseen_and_the_validation_set_is_not(make):
    assert headline(make(unseen=True)).endswith("mouths it had never seen.")
    assert headline(make()).endswith("of your test mouths.")
    data = make(split_name="val")
    assert headline(data).endswith("of the validation set.")
    assert "This number is flattered." in cautions(data)[0]


def test_few_mouths_call_for_caution_and_many_do_not(make):
    many = {"none": 60, "pout": 60, "smile": 60, "open": 60}
    assert not cautions(make(support=many))
    few = "".join(cautions(make(support={"none": 20, "pout": 3, "smile": 20, "open": 20})))
    assert "Only 63 mouths." in few
    assert "pout</span> 3" in few
    assert "smile</span> by" not in few


def test_labels_that_were_not_tested_are_said_and_have_no_part_in_the_macro_f1(make):
    page = str(opening(make(support={"none": 90, "smile": 80, "open": 70}), []))
    assert "No test picture is labelled pout: the test accuracy says nothing about pout." in page
    assert "the mean over 3 of 4 labels" in page
    assert "by none" not in page
    one = str(opening(make(support={"smile": 120}), []))
    assert "All test pictures are labelled smile" in one
    whole = str(opening(make(), []))
    assert "Not every label" not in whole
    assert "of 4 labels" not in whole


def test_a_label_without_mouths_is_a_dash(make):
    page = by_label(make(support={"none": 30, "smile": 16, "open": 9}))
    row = page.split("pout</span>")[1].split("</tr>")[0]
    assert row.startswith("</th><td>–</td>")


def test_the_matrix_shows_counts_and_the_most_frequent_confusion(make):
    data = make()
    matrix = ((9, 1, 0, 0), (0, 8, 2, 0), (0, 5, 5, 0), (0, 0, 0, 0))
    page = confusion(
        dataclasses.replace(data, evaluation=dataclasses.replace(data.evaluation, confusion=matrix))
    )
    said = page.split("Most often confused")[1]
    assert said.index("5 of 10") < said.index("2 of 10") < said.index("1 of 10")
    assert page.count("<small>–</small>") == 4


def test_a_tag_of_many_values_shows_those_with_the_most_mouths(make):
    data = make()
    people = {
        f"person-{i:03d}": Slice(
            accuracy=Proportion(right=1, count=2 if i < 5 else 1), macro_f1=1.0, none_predicted={}
        )
        for i in range(90)
    }
    page = slices(
        dataclasses.replace(
            data, evaluation=dataclasses.replace(data.evaluation, slices={"person": people})
        )
    )
    assert page.count("person-") == 12
    assert "and 78 values more with 78 mouths in all" in page


def test_the_kept_epoch_is_marked_in_both_charts(make):
    data = make(best=33)
    page = training(data)
    assert page.count("epoch 33 kept") == 2
    assert percent(data.epochs[32].val_accuracy) in page


def test_a_single_epoch_is_a_dot(make, train_log):
    page = training(make(epochs=train_log(1), best=1))
    assert "<path" not in page
    assert page.count("<circle") == 6


def test_a_training_that_broke_is_drawn_as_far_as_it_went(make, train_log):
    epochs = train_log(6)
    epochs[3] = dataclasses.replace(epochs[3], train_loss=math.nan, val_loss=math.inf)
    assert "nan" not in training(make(epochs=epochs, best=4))
    all_lost = [dataclasses.replace(e, train_loss=math.nan, val_loss=math.nan) for e in epochs]
    assert "nan" not in training(make(epochs=all_lost, best=4))


def test_a_loss_that_dwarfs_the_rest_is_cut_off_and_said_so(make, train_log):
    epochs = train_log(40)
    epochs[0] = dataclasses.replace(epochs[0], train_loss=812.0)
    assert "the highest was 812." in training(make(epochs=epochs))
    assert "cut off" not in training(make(epochs=train_log(40)))


def test_the_reliability_diagram_counts_the_answers_in_each_bin(make):
    data = make()
    page = reliability(data)
    for one in data.evaluation.calibration:
        if one.count:
            assert f">{one.count}</text>" in page
    assert decimal(data.evaluation.calibration_error_before) in page


def test_a_mistake_without_a_picture_is_not_shown(make):
    data = make()
    first = data.evaluation.mistakes[0].name
    page = mistakes(dataclasses.replace(data, crops={first: data.crops[first]}))
    assert page.count("<figure>") == 1
    assert first in page


def test_no_mistakes_are_said_in_words(make):
    data = make()
    share = dataclasses.replace(data.evaluation.accuracy, right=data.evaluation.accuracy.count)
    evaluation = dataclasses.replace(data.evaluation, accuracy=share, mistakes=())
    page = mistakes(dataclasses.replace(data, evaluation=evaluation))
    assert "There are none on this set." in page


def test_the_line_that_restores_stands_with_each_reason(make):
    data = make()
    page = origins(data)
    for one in data.dropped:
        assert f"moue restore --reason {one.reason}<" in page
        assert one.meaning in page


def test_leakage_tells_what_a_plain_shuffle_would_have_shared(make):
    page = origins(make())
    assert "of 188" in page
    assert "61.4" in page


def test_leakage_says_which_ties_there_are_and_what_it_undetected_leaks(make):
    page = origins(make())
    assert "people are unknown" in page
    assert "cropped to another face" in page
    assert "one photograph of a face, cropped, turned or relit</th><td>40" in page
    assert "IMG_0001, IMG_0001-2" in page
    assert "their person</th>" not in page


def test_groups_that_a_given_split_divides_are_named_and_then_nothing_is_called_unseen(make):
    data = make(unseen=True)
    torn = dataclasses.replace(
        data.leakage, divided_groups=1, divided_members=((("a", "train"), ("b", "test")),)
    )
    divided = dataclasses.replace(data, leakage=torn)
    page = origins(divided)
    assert "the given split divides some of them" in page
    assert "<td>train</td>" in page
    assert "never seen" not in headline(divided)


def test_a_slice_shows_accuracy_f1_and_count(make):
    data = make()
    page = slices(data)
    for one in data.evaluation.slices["origin"].values():
        assert percent(one.accuracy.value) in page
        assert decimal(one.macro_f1) in page
        assert f"<td>{one.accuracy.count}</td>" in page


def test_what_is_the_same_in_all_pictures_is_one_line(make):
    data = make()
    whole = next(iter(data.evaluation.slices["origin"].values()))
    evaluation = dataclasses.replace(data.evaluation, slices={"colour": {"grey": whole}})
    page = slices(dataclasses.replace(data, evaluation=evaluation))
    assert "The same in all of them: colour (grey)." in page
    assert "<table" not in page


def rest(make, pouts):
    """The page of two groups with ten mouths at rest each, so many of them called pout."""
    data = make()
    groups = {
        group: Slice(
            accuracy=Proportion(right=10 - n, count=10),
            macro_f1=0.5,
            none_predicted={
                "none": Proportion(right=10 - n, count=10), "pout": Proportion(right=n, count=10),
            },
        )
        for group, n in pouts.items()
    }  # fmt: skip
    evaluation = dataclasses.replace(data.evaluation, slices={"ethnicity": groups})
    return slices(dataclasses.replace(data, evaluation=evaluation)).split("<h3>")[1]


def test_it_shows_whose_mouths_at_rest_are_called_a_pout(make):
    page = rest(make, {"one": 0, "other": 3})
    assert page.index("one</th><td>10</td><td>–</td>") < page.index("other</th><td>10</td><td>30")
    assert "Every one was." in rest(make, {"one": 0, "other": 0})


def test_each_corruption_has_a_chart_with_its_lowest_accuracy(make):
    data = make()
    page = robustness(data)
    assert page.count("<svg") == len(data.robustness)
    for curve in data.robustness:
        assert curve.unit in page
        lowest = min(point.accuracy.value for point in curve.points)
        assert f">{percent(lowest, 0)}</text>" in page
        assert all(percent(point.accuracy.value) in page for point in curve.points)
    assert page.count('class="ring"') == len(data.robustness)
    assert page.count("<image") == sum(len(curve.points) for curve in data.robustness)


def test_a_comparison_tells_luck_from_more(make):
    data = make()
    found = data.comparison
    assert "Hardly luck" in comparison(data)
    assert f"p = {0.38:.2g}" in comparison(
        dataclasses.replace(data, comparison=dataclasses.replace(found, p_value=0.375))
    )
    lucky = dataclasses.replace(found, p_value=0.5)
    assert "may be luck" in comparison(dataclasses.replace(data, comparison=lucky))
    same = dataclasses.replace(found, only_first=(), only_second=())
    assert "nothing tells them apart" in comparison(dataclasses.replace(data, comparison=same))


def test_the_pictures_that_only_one_model_got_right_are_shown(make):
    data = make()
    page = comparison(data)
    for apart in (data.comparison.only_first, data.comparison.only_second):
        assert all(one.name in page for one in apart[:6])
        assert f"right</th><td>{len(apart)}</td>" in page
